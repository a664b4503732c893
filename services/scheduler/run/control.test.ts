import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { compile } from "#language/plan.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { cancelRun } from "./cancel.ts"
import { pauseRun, resumeRun } from "./pause.ts"
import { readRun, readTaskRuns } from "./read.ts"
import { rerunRun, rerunRuns } from "./rerun.ts"
import { startRuns } from "./start.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const user = "0198c0de-0000-7000-8000-00000000000a"
const actor: Actor = {
  ...{ kind: "user", user_id: user, email: "a@example.test", workspace_id, role: "owner", grant_id: user },
}
const stranger: Actor = { ...actor, workspace_id: "0198c0de-0000-7000-8000-00000000000f" }

const chain = { a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] }, c: { uses: "noop", needs: ["b"] } }

const statuses = async (run_id: string) =>
  engine.database.run(async (sql) => ({
    run: (await readRun(sql, workspace_id, run_id))?.status,
    tasks: (await readTaskRuns(sql, run_id)).map((task) => task.status),
  }))

const fails = { outcome: "failed" as const, error: { code: "task.exit", message: "exit code 3" } }

const refusal = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Problem ? error.code : error),
  )

describe("a paused run", () => {
  test("begins nothing new, lets what runs end, and goes on where it was", async () => {
    const run_id = await given.run(engine, chain)
    const session_id = await given.session(engine)
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    expect((await pauseRun(engine)(actor, run_id)).status).toBe("paused")
    expect((await pauseRun(engine)(actor, run_id)).status).toBe("paused")
    const settlements = [
      { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "completed" as const },
    ]
    const { attempts } = await reportTasks(engine)({ session_id, settlements, room: given.room(5) })
    expect(attempts).toEqual([])
    expect(await statuses(run_id)).toEqual({ run: "paused", tasks: ["completed", "queued", "pending"] })
    expect((await resumeRun(engine)(actor, run_id)).status).toBe("running")
    expect(await given.work(engine, session_id)).toEqual(["b", "c"])
    expect(await statuses(run_id)).toMatchObject({ run: "completed" })
  })

  test("leaves nothing behind when it is cancelled and a claim comes to what it had queued", async () => {
    const run_id = await given.run(engine, { a: { uses: "noop" }, b: { uses: "noop" } })
    const session_id = await given.session(engine)
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    await pauseRun(engine)(actor, run_id)
    await cancelRun(engine)(actor, run_id)
    expect(await claimTasks(engine)({ session_id, room: given.room(5) })).toEqual([])
    const held = { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "" }
    const settlements = [{ ...held, outcome: "completed" as const }]
    await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    expect(await statuses(run_id)).toEqual({ run: "cancelled", tasks: ["completed", "cancelled"] })
    const left = await engine.database.run(
      (sql) => sql`select 1 from scheduler.blocked where run_id = ${run_id}::text::uuid`,
    )
    expect(left).toEqual([])
  })

  test("gives nothing of what was queued before the pause", async () => {
    const run_id = await given.run(engine, { a: { uses: "noop" }, b: { uses: "noop" } })
    await pauseRun(engine)(actor, run_id)
    const session_id = await given.session(engine)
    expect(await given.work(engine, session_id)).toEqual([])
    await resumeRun(engine)(actor, run_id)
    expect((await given.work(engine, session_id)).toSorted()).toEqual(["a", "b"])
  })

  test("keeps a retry that comes due until it is resumed", async () => {
    const run_id = await given.run(engine, {
      a: { uses: "noop", retries: { max_retries: 1, initial: "1ms" } },
    })
    const session_id = await given.session(engine)
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    await pauseRun(engine)(actor, run_id)
    const settlements = [{ task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", ...fails }]
    await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
    await fireTimers(engine)()
    expect(await statuses(run_id)).toEqual({ run: "paused", tasks: ["queued"] })
    expect(await given.work(engine, session_id)).toEqual([])
    await resumeRun(engine)(actor, run_id)
    expect(await given.work(engine, session_id)).toEqual(["a"])
  })

  test("can be cancelled, and leaves nothing behind", async () => {
    const run_id = await given.run(engine, chain)
    await pauseRun(engine)(actor, run_id)
    await given.work(engine, await given.session(engine))
    expect((await cancelRun(engine)(actor, run_id)).status).toBe("cancelled")
    const [row] = await engine.database.run(
      (sql) => sql<{ blocked: number }>`select count(*)::int as blocked from scheduler.blocked`,
    )
    expect(row?.blocked).toBe(0)
    expect(await refusal(resumeRun(engine)(actor, run_id))).toBe("run.not_pausable")
    expect(await refusal(pauseRun(engine)(stranger, run_id))).toBe("run.not_found")
  })
})

describe("a rerun", () => {
  const failOnce = async () => {
    const run_id = await given.run(engine, {
      a: { uses: "noop" },
      b: { uses: "noop", needs: ["a"] },
      c: { uses: "noop", needs: ["b"] },
      side: { uses: "noop" },
    })
    await given.work(engine, await given.session(engine), ({ task }) =>
      task === "b" ? fails : { outputs: { of: task } },
    )
    return run_id
  }

  test("of what failed keeps what has completed, with its results", async () => {
    const run_id = await failOnce()
    const again = await rerunRun(engine)(actor, run_id, { mode: "failed" })
    expect(again).toMatchObject({ rerun_of: run_id, trigger: "rerun", status: "running" })
    expect((await given.work(engine, await given.session(engine))).toSorted()).toEqual(["b", "c"])
    const tasks = await engine.database.run((sql) => readTaskRuns(sql, again.id))
    expect(tasks.map(({ task, status }) => [task, status]).toSorted()).toEqual([
      ["a", "completed"],
      ["b", "completed"],
      ["c", "completed"],
      ["side", "completed"],
    ])
    const a = tasks.find(({ task }) => task === "a")
    expect(a).toMatchObject({ outputs: { of: "a" }, attempt: 0 })
    expect(a?.reused_from).toBeString()
    expect(await statuses(run_id)).toMatchObject({ run: "failed" })
  })

  test("from a task runs that one and all that comes after it", async () => {
    const run_id = await given.run(engine, { ...chain, side: { uses: "noop" } })
    const session_id = await given.session(engine)
    await given.work(engine, session_id)
    await rerunRun(engine)(actor, run_id, { mode: "from", task: "b" })
    expect(await given.work(engine, session_id)).toEqual(["b", "c"])
  })

  test("of everything runs everything; of a completed run what failed is nothing, and it ends at once", async () => {
    const run_id = await given.run(engine, chain)
    const session_id = await given.session(engine)
    await given.work(engine, session_id)
    await rerunRun(engine)(actor, run_id, { mode: "all" })
    expect(await given.work(engine, session_id)).toEqual(["a", "b", "c"])
    expect(await rerunRun(engine)(actor, run_id, { mode: "failed" })).toMatchObject({ status: "completed" })
  })

  test("of a run that goes on, of an unknown task, and of another workspace's run is refused", async () => {
    const run_id = await given.run(engine, chain)
    expect(await refusal(rerunRun(engine)(actor, run_id, { mode: "all" }))).toBe("run.not_ended")
    await given.work(engine, await given.session(engine))
    expect(await refusal(rerunRun(engine)(actor, run_id, { mode: "from", task: "x" }))).toBe("task.not_found")
    expect(await refusal(rerunRun(engine)(stranger, run_id, { mode: "all" }))).toBe("run.not_found")
    expect(await refusal(rerunRun(engine)(actor, run_id, { mode: "all", inputs: { no: 1 } }))).toBe(
      "inputs.invalid",
    )
  })

  test("with other inputs has the default that tells the day for an input that the earlier run was without", async () => {
    const inputs = { day: { type: "string", default: "${{ today() }}" }, ok: { type: "boolean" } } as const
    const run = given.start(compile({ name: "test", inputs, tasks: { a: { uses: "noop" } } }))
    await startRuns(engine)([run])
    await given.work(engine, await given.session(engine))
    const again = await rerunRun(engine)(actor, run.run_id, { mode: "all", inputs: { ok: true } })
    const today = engine.kit.now().toISOString().slice(0, 10)
    expect(again.inputs).toEqual({ day: today, ok: true })
  })

  test("of many takes each that failed once, however often it is asked for", async () => {
    const workflow = "bulk"
    const plan = given.plan({ only: { uses: "noop" } })
    await startRuns(engine)([given.start(plan, { workflow }), given.start(plan, { workflow })])
    await given.work(engine, await given.session(engine), () => fails)
    const chosen = { status: "failed", workflow, mode: "all" } as const
    const [one, other] = await Promise.all([
      rerunRuns(engine)(actor, { ...chosen, limit: 2 }),
      rerunRuns(engine)(actor, { ...chosen, limit: 2 }),
    ])
    expect([...one.started, ...other.started]).toHaveLength(2)
    expect(await rerunRuns(engine)(actor, chosen)).toEqual({ started: [], more: false })
  })
})
