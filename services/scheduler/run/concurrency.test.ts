import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { findGateFaults, readGates } from "../gate/given.ts"
import { given, workspace_id } from "../given.ts"
import { jobsDoor } from "../job/given.ts"
import type { Job } from "../job/shape.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { cancelRun } from "./cancel.ts"
import { pauseRun } from "./pause.ts"
import { readWholeRun } from "./read.ts"
import { rerunRun } from "./rerun.ts"
import type { Run } from "./shape.ts"
import { type RunStart, startRuns } from "./start.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
})
afterAll(async () => {
  expect(await findGateFaults(engine)).toEqual([])
  expect(await readGates(engine)).toEqual([])
  await engine.close()
})

const user = "0198c0de-0000-7000-8000-00000000000a"
const actor: Actor = {
  ...{ kind: "user", user_id: user, email: "a@example.test", workspace_id, role: "owner", grant_id: user },
}

const tasks: Definition["tasks"] = { a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] } }

const planOf = (concurrency: NonNullable<Definition["concurrency"]>, more: Partial<Definition> = {}) =>
  compile({ name: "test", inputs: { of: { type: "string" } }, tasks, concurrency, ...more })

const startAll = async (starts: readonly RunStart[]) => startRuns(engine)(starts)

const start = async (plan: RunStart["plan"], more: Partial<RunStart> = {}): Promise<Run> => {
  const [started] = await startAll([given.start(plan, more)])
  if (started?.refusal) throw started.refusal
  if (!started?.run) throw new Error("the run was not started")
  return started.run
}

const show = async ({ id }: { id: string }) => {
  const run = await engine.database.run((sql) => readWholeRun(sql, workspace_id, id))
  if (!run) throw new Error("the run is not there")
  return run
}

const statusOf = async (run: Run) => (await show(run)).status

const refusal = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? error.code : error),
  )

const eventsOf = ({ id }: Run) =>
  engine.database.run(async (sql) => {
    const rows = await sql<{ type: string; seq: number }>`
      select event ->> 'type' as type, (event ->> 'seq')::int as seq
      from scheduler.run_event, json_array_elements(events) as event
      where run_id = ${id}::text::uuid
      order by 2`
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
    return rows.map(({ type }) => type)
  })

const told = async (topic: string, { id }: Run) =>
  (await given.told(engine)).filter((fact) => fact.topic === topic && fact.data.run_id === id).length

describe("of runs with the same key", () => {
  test("the second waits, says why, and begins when the first has ended", async () => {
    const plan = planOf({ key: "deploy" })
    const [first, second] = [await start(plan), await start(plan)]
    expect([first.status, second.status, second.reason]).toEqual(["running", "pending", "concurrency"])
    expect(second.started_at).toBeNull()
    const { tasks: waiting, ...shown } = await show(second)
    expect(shown).toEqual({ ...second, tasks: undefined } as typeof shown)
    expect(waiting.map(({ status }) => status)).toEqual(["pending", "pending"])
    expect([await told("workflow.started", second), await eventsOf(second)]).toEqual([0, []])
    expect(await refusal(pauseRun(engine)(actor, second.id))).toBe("run.not_pausable")
    expect(await given.work(engine, session_id)).toEqual(["a", "b", "a", "b"])
    const ended = await show(second)
    expect([ended.status, ended.reason]).toEqual(["completed", null])
    expect(Date.parse(ended.started_at ?? "")).toBeGreaterThanOrEqual(Date.parse(ended.created_at))
    const began = (await eventsOf(second)).filter((type) => type === "workflow.started")
    expect([
      began.length,
      await told("workflow.started", second),
      await told("workflow.completed", second),
    ]).toEqual([1, 1, 1])
  })

  test("one that is paused keeps its key; one that is cancelled gives it on", async () => {
    const plan = planOf({ key: "pause" })
    const [first, second, third] = [await start(plan), await start(plan), await start(plan)]
    await pauseRun(engine)(actor, first.id)
    expect(await given.work(engine, session_id)).toEqual([])
    expect((await cancelRun(engine)(actor, second.id)).status).toBe("cancelled")
    expect(await eventsOf(second)).toEqual(["task.cancelled", "task.cancelled", "workflow.completed"])
    expect((await cancelRun(engine)(actor, first.id)).status).toBe("cancelled")
    expect(await statusOf(third)).toBe("running")
    expect(await given.work(engine, session_id)).toEqual(["a", "b"])
  })

  test("one that waits past its deadline fails, and the next one begins in its turn", async () => {
    const plan = planOf({ key: "deadline" })
    const first = await start(plan)
    const second = await start(planOf({ key: "deadline" }, { timeout: "1m" }))
    const third = await start(plan)
    await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
    await fireTimers(engine)()
    const late = await show(second)
    expect([late.status, late.reason]).toEqual(["failed", "timeout"])
    await cancelRun(engine)(actor, first.id)
    expect(await statusOf(third)).toBe("running")
    await given.work(engine, session_id)
  })

  test("keys are told apart by the inputs, and a limit is for each of them", async () => {
    const plan = planOf({ key: "of-${{ inputs.of }}", limit: 2 })
    const states = []
    for (const of of ["x", "x", "y", "x"]) states.push((await start(plan, { inputs: { of } })).status)
    expect(states).toEqual(["running", "running", "running", "pending"])
    expect(await readGates(engine)).toEqual([
      { key: "of-x", in_use: 2, waiting: 1 },
      { key: "of-y", in_use: 1, waiting: 0 },
    ])
    expect(await given.work(engine, session_id)).toHaveLength(8)
  })

  test("a run whose tasks are all skipped lets the next one in at once", async () => {
    const skipped = planOf({ key: "skip" }, { tasks: { a: { uses: "noop", when: "failure" } } })
    expect((await start(skipped)).status).toBe("completed")
    const first = await start(planOf({ key: "skip" }))
    const behind = [await start(skipped), await start(skipped), await start(planOf({ key: "skip" }))]
    await cancelRun(engine)(actor, first.id)
    const states = await Promise.all(behind.map(statusOf))
    expect(states).toEqual(["completed", "completed", "running"])
    await given.work(engine, session_id)
  })

  test("a rerun waits like any other, with what it kept", async () => {
    const plan = planOf({ key: "rerun" })
    const failed = await start(plan)
    const fails = { outcome: "failed" as const, error: { code: "task.exit", message: "exit code 3" } }
    await given.work(engine, session_id, ({ task }) => (task === "b" ? fails : {}))
    const other = await start(plan)
    const again = await rerunRun(engine)(actor, failed.id, { mode: "failed" })
    expect([again.status, again.tasks?.map(({ status }) => status)]).toEqual([
      "pending",
      ["completed", "pending"],
    ])
    await cancelRun(engine)(actor, other.id)
    expect(await given.work(engine, session_id)).toEqual(["b"])
    expect(await statusOf(again)).toBe("completed")
  })
})

describe("a run that finds its key taken", () => {
  test("is refused where it said so, with its idempotency key free for the next", async () => {
    const plan = planOf({ key: "reject", on_conflict: "reject" })
    const first = await start(plan)
    const keyed = { idempotency_key: "refused", body_hash: "1" }
    expect(await refusal(start(plan, keyed))).toBe("concurrency.full")
    const [one, two] = await startAll([given.start(plan, keyed), given.start(plan, keyed)])
    expect([one?.refusal?.code, two?.refusal?.code]).toEqual(["concurrency.full", "concurrency.full"])
    await cancelRun(engine)(actor, first.id)
    const next = await start(plan, keyed)
    expect(next.status).toBe("running")
    const [same] = await startAll([given.start(plan, keyed)])
    expect(same).toMatchObject({ run_id: next.id, created: false })
    expect(await refusal(rerunRun(engine)(actor, first.id, { mode: "all" }))).toBe("concurrency.full")
    await given.work(engine, session_id)
  })

  test("cancels what runs and what waits where it said so, also what came with it", async () => {
    const first = await start(planOf({ key: "latest" }))
    const waiting = await start(planOf({ key: "latest" }))
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    const plan = planOf({ key: "latest", on_conflict: "cancel_running" })
    const [third, fourth] = await startAll([given.start(plan), given.start(plan)])
    expect(await statusOf(waiting)).toBe("cancelled")
    expect((await show({ id: third?.run_id ?? "" })).status).toBe("cancelled")
    expect((await show(first)).reason).toBe("cancelled")
    expect(fourth?.run).toMatchObject({ status: "pending", reason: "concurrency" })
    expect(attempt?.run_id).toBe(first.id)
    expect(await given.work(engine, session_id)).toEqual([])
    await reportTasks(engine)({
      session_id,
      room: given.room(0),
      settlements: [{ task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "failed" }],
    })
    expect(await statusOf(first)).toBe("cancelled")
    expect(await given.work(engine, session_id)).toEqual(["a", "b"])
    expect((await show({ id: fourth?.run_id ?? "" })).status).toBe("completed")
  })

  test("may find it taken by a job, and the other way round", async () => {
    const door = jobsDoor(engine)
    const job = await door.create({ concurrency: { key: "both" } })
    const run = await start(planOf({ key: "both" }))
    const other: Job = await door.create({ concurrency: { key: "both" } })
    expect(run.status).toBe("pending")
    expect(await given.work(engine, session_id)).toEqual(["noop", "a", "b", "noop"])
    const states = [job, other].map(async ({ id }) => (await door.ask<Job>("GET", `/jobs/${id}`)).body.status)
    expect(await Promise.all(states)).toEqual(["completed", "completed"])
  })
})

describe("refused is a key", () => {
  test.each([
    ["of nothing", "${{ inputs.of }}", { of: "" }],
    ["that is huge", "${{ inputs.of }}", { of: "x".repeat(256) }],
    ["with a NUL", "a${{ inputs.of }}", { of: "\0" }],
    ["that can't be made", "${{ inputs.of.size / 0 }}", { of: "x" }],
  ])("%s, and others that came with it start", async (_, key, inputs) => {
    const plan = planOf({ key })
    const [one, two] = await startAll([given.start(plan, { inputs }), given.start(given.plan(tasks))])
    expect([one?.refusal?.code, one?.run]).toEqual(["concurrency.invalid", undefined])
    expect(two?.run?.status).toBe("running")
    await given.work(engine, session_id)
  })
})
