import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import type { Plan } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { createEngine, type Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { cancelRun } from "../run/cancel.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { readRun, readTaskRuns } from "../run/read.ts"
import { rerunRun } from "../run/rerun.ts"
import { startRuns } from "../run/start.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import type { Settlement } from "../task/verdict.ts"
import { fireTimers } from "../timer/fire.ts"
import { answerApproval } from "../wait/answer.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const actor: Actor = {
  ...{ user_id: workspace_id, email: "a@example.test", grant_id: workspace_id, workspace_id },
  kind: "user",
  role: "owner",
}

const show = async (run_id: string) => {
  const [run, tasks] = await engine.database.run(
    async (sql) => [await readRun(sql, workspace_id, run_id), await readTaskRuns(sql, run_id)] as const,
  )
  return { run, tasks: Object.fromEntries(tasks.map((task) => [task.task, task])), list: tasks }
}

const begin = async (tasks: Definition["tasks"], inputs: Record<string, unknown> = {}): Promise<string> => {
  const [started] = await startRuns(engine)([given.start(given.plan(tasks), { inputs })])
  return started?.run_id ?? ""
}

const names = (attempts: readonly Attempt[]) => attempts.map(({ task }) => task).toSorted()

const claim = (session_id: string, room = 100) => claimTasks(engine)({ session_id, room: given.room(room) })

const report = (session_id: string, settlements: readonly Settlement[], room = 100) =>
  reportTasks(engine)({ session_id, settlements, room: given.room(room) })

const ends = ({ id, token }: Attempt, more: Partial<Settlement> = {}): Settlement => ({
  ...{ task_run_id: id, token, outcome: "completed" },
  ...more,
})

const failed: Partial<Settlement> = {
  outcome: "failed",
  error: { code: "task.exit", message: "exit code 3" },
  non_retryable: true,
}

const fan_out: Definition["tasks"] = {
  list: { uses: "noop" },
  shard: { uses: "noop", needs: ["list"], for_each: "${{ tasks.list.outputs.files }}" },
  join: { uses: "noop", needs: ["shard"], env: { ALL: "${{ tasks.shard.outputs }}" } },
}

test("items are made of what an upstream task wrote, each reads its own, and the join reads all", async () => {
  const run_id = await begin(fan_out)
  const seen = new Map<string, Attempt["context"]>()
  const order = await given.work(engine, await given.session(engine), (attempt) => {
    seen.set(attempt.task, attempt.context)
    if (attempt.task === "list") return { outputs: { files: ["a", { b: 1 }, null] } }
    if (attempt.task === "shard[1]") return { outputs: { size: 10, extra: true } }
    return attempt.task === "join" ? {} : { outputs: { size: 1 } }
  })
  expect(order.toSorted()).toEqual(["join", "list", "shard[0]", "shard[1]", "shard[2]"])
  expect(order.at(-1)).toBe("join")
  expect(seen.get("shard[1]")).toMatchObject({ item: { b: 1 }, index: 1 })
  expect(seen.get("shard[2]")).toMatchObject({ item: null, index: 2 })
  const outputs = { size: [1, 10, 1], extra: [null, true, null] }
  expect(seen.get("join")?.tasks).toMatchObject({ shard: { status: "completed", outputs } })
  const { run, tasks } = await show(run_id)
  expect(run?.status).toBe("completed")
  expect(tasks.shard).toMatchObject({ status: "completed", item: null, outputs })
  expect(tasks["shard[2]"]).toMatchObject({ status: "completed", item: 2, outputs: { size: 1 } })
})

test("a matrix whose run has just been started begins at once, and an item reads its combination", async () => {
  const run_id = await begin({ cell: { uses: "noop", matrix: { os: ["linux", "mac"], version: [1, 2] } } })
  const contexts: unknown[] = []
  await given.work(engine, await given.session(engine), ({ context }) => {
    contexts.push(context.matrix)
    return {}
  })
  expect(contexts).toHaveLength(4)
  expect(contexts).toContainEqual({ os: "mac", version: 1 })
  expect((await show(run_id)).run?.status).toBe("completed")
})

test("an empty list completes at once, and so does all that is behind it", async () => {
  const run_id = await begin(
    {
      none: { uses: "noop", for_each: "${{ inputs.files }}", outputs: ["size"] },
      neither: { uses: "noop", needs: ["none"], for_each: "${{ tasks.none.outputs }}" },
      after: { uses: "noop", needs: ["none"] },
    },
    { files: [] },
  )
  const { tasks } = await show(run_id)
  expect([tasks.none?.status, tasks.neither?.status]).toEqual(["completed", "failed"])
  expect(tasks.none?.outputs).toEqual({ size: [] })
  expect(tasks.neither?.error?.message).toContain("needs a list")
  expect(await given.work(engine, await given.session(engine))).toEqual(["after"])
  expect((await show(run_id)).run?.status).toBe("failed")
})

test("what can't be evaluated fails the task with the reason, and nothing else", async () => {
  const run_id = await begin({ ...fan_out, tidy: { uses: "noop", needs: ["shard"], when: "always" } })
  const order = await given.work(engine, await given.session(engine))
  expect(order).toEqual(["list", "tidy"])
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks.shard?.status, tasks.join?.status]).toEqual(["failed", "failed", "skipped"])
  expect(tasks.shard?.error?.code).toBe("items.invalid")
  expect(tasks.shard?.error?.message).toContain("files")
})

test("max_parallel holds items back, in their order, whoever reports and whatever it knows", async () => {
  const run_id = await begin({
    shard: { uses: "noop", for_each: ["a", "b", "c", "d", "e"], max_parallel: 2 },
    after: { uses: "noop", needs: ["shard"] },
  })
  const session_id = await given.session(engine)
  const first = await claim(session_id)
  expect(names(first)).toEqual(["shard[0]", "shard[1]"])
  const [zero, one] = first
  if (!zero || !one) throw new Error("nothing was claimed")
  const second = await report(session_id, [ends(zero)])
  expect(names(second.attempts)).toEqual(["shard[2]"])
  // Another process of the scheduler, which has seen nothing of this run.
  const other = createEngine({ ...engine, metrics: createMetrics() })
  const settlements = [ends(one), ...second.attempts.map((attempt) => ends(attempt))]
  await refreshLanes(other)()
  const third = await reportTasks(other)({ session_id, settlements, room: given.room(100) })
  expect(names(third.attempts)).toEqual(["shard[3]", "shard[4]"])
  const last = await report(
    session_id,
    third.attempts.map((attempt) => ends(attempt)),
  )
  expect(names(last.attempts)).toEqual(["after"])
  await report(
    session_id,
    last.attempts.map((attempt) => ends(attempt)),
  )
  expect((await show(run_id)).run?.status).toBe("completed")
})

test("without fail_fast the rest goes on, and the task fails with the names of those that failed", async () => {
  const run_id = await begin({ shard: { uses: "noop", for_each: ["a", "b", "c"], max_parallel: 1 } })
  const order = await given.work(engine, await given.session(engine), ({ task }) =>
    task === "shard[1]" ? failed : {},
  )
  expect(order).toEqual(["shard[0]", "shard[1]", "shard[2]"])
  const { run, tasks } = await show(run_id)
  expect([run?.status, run?.reason]).toEqual(["failed", "task_failed"])
  expect(tasks.shard?.error).toEqual({
    code: "items.failed",
    message: "1 of 3 items failed: shard[1].",
  })
})

test("with continue_on_error failed items leave null, and the run completes", async () => {
  const run_id = await begin({ shard: { uses: "noop", for_each: ["a", "b"], continue_on_error: true } })
  await given.work(engine, await given.session(engine), ({ task }) =>
    task === "shard[1]" ? failed : { outputs: { got: task } },
  )
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks["shard[1]"]?.status]).toEqual(["completed", "failed"])
  expect(tasks.shard?.outputs).toEqual({ got: ["shard[0]", null] })
})

test("fail_fast cancels what has not begun, asks the rest to stop, and fails when that has ended", async () => {
  const run_id = await begin({
    shard: { uses: "noop", for_each: ["a", "b", "c", "d"], max_parallel: 3, fail_fast: true },
  })
  const session_id = await given.session(engine)
  const [zero, one] = await claim(session_id, 2)
  if (!zero || !one) throw new Error("nothing was claimed")
  expect((await report(session_id, [ends(zero, failed)])).attempts).toEqual([])
  const during = await show(run_id)
  expect(during.list.map(({ status }) => status)).toEqual([
    "waiting",
    "failed",
    "running",
    "cancelled",
    "cancelled",
  ])
  expect(await claim(session_id)).toEqual([])
  await report(session_id, [ends(one, failed)])
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks["shard[1]"]?.status, tasks.shard?.status]).toEqual([
    "failed",
    "cancelled",
    "failed",
  ])
  expect(tasks.shard?.error?.message).toBe("1 of 4 items failed: shard[0]; 3 were cancelled.")
})

test("items are tried again by themselves, and hold their place meanwhile", async () => {
  const run_id = await begin({
    shard: {
      ...{ uses: "noop", for_each: ["a", "b"], max_parallel: 1 },
      retries: { max_retries: 1, initial: "100ms", max: "100ms" },
    },
  })
  const session_id = await given.session(engine)
  const [zero] = await claim(session_id)
  if (!zero) throw new Error("nothing was claimed")
  const { attempts } = await report(session_id, [ends(zero, { outcome: "failed" })])
  expect(attempts).toEqual([])
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  const again = await claim(session_id)
  expect(again.map(({ task, attempt }) => [task, attempt])).toEqual([["shard[0]", 2]])
  const next = await report(
    session_id,
    again.map((attempt) => ends(attempt)),
  )
  expect(names(next.attempts)).toEqual(["shard[1]"])
  await report(
    session_id,
    next.attempts.map((attempt) => ends(attempt)),
  )
  expect((await show(run_id)).run?.status).toBe("completed")
})

test("a cancelled run ends its task with the last of the items that ran", async () => {
  const run_id = await begin({
    shard: { uses: "noop", for_each: ["a", "b", "c"], max_parallel: 2 },
    after: { uses: "noop", needs: ["shard"] },
  })
  const session_id = await given.session(engine)
  const [zero] = await claim(session_id, 1)
  if (!zero) throw new Error("nothing was claimed")
  await cancelRun(engine)(actor, run_id)
  const during = await show(run_id)
  expect(during.list.map(({ status }) => status)).toEqual([
    "waiting",
    "cancelled",
    "running",
    "cancelled",
    "cancelled",
  ])
  await report(session_id, [ends(zero, failed)])
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks.shard?.status, tasks["shard[0]"]?.status]).toEqual([
    "cancelled",
    "cancelled",
    "cancelled",
  ])
})

test("a paused run lets no item begin until it is resumed", async () => {
  const run_id = await begin(fan_out)
  const session_id = await given.session(engine)
  const [list] = await claim(session_id)
  if (!list) throw new Error("nothing was claimed")
  await pauseRun(engine)(actor, run_id)
  expect((await report(session_id, [ends(list, { outputs: { files: [1, 2] } })])).attempts).toEqual([])
  expect(await claim(session_id)).toEqual([])
  await resumeRun(engine)(actor, run_id)
  expect((await given.work(engine, session_id)).toSorted()).toEqual(["join", "shard[0]", "shard[1]"])
})

const rerun = async (of: string, wanted: { mode: "all" | "failed" | "from"; task?: string }) => {
  const { id } = await rerunRun(engine)(actor, of, wanted)
  const order = await given.work(engine, await given.session(engine), ({ task, context }) =>
    task.startsWith("shard") ? { outputs: { got: context.item } } : {},
  )
  return { id, order: order.toSorted() }
}

test("a rerun of what failed does the failed items alone, again and again; from a task on all of its items", async () => {
  const run_id = await begin({
    list: { uses: "noop" },
    shard: { uses: "noop", needs: ["list"], for_each: "${{ tasks.list.outputs.files }}", max_parallel: 1 },
    join: { uses: "noop", needs: ["shard"] },
  })
  await given.work(engine, await given.session(engine), ({ task, context }) => {
    if (task === "list") return { outputs: { files: ["a", "b", "c", "d"] } }
    return task === "shard[1]" || task === "shard[2]" ? failed : { outputs: { got: context.item } }
  })
  const failing = await rerunRun(engine)(actor, run_id, { mode: "failed" })
  await given.work(engine, await given.session(engine), ({ task, context }) =>
    task === "shard[2]" ? failed : { outputs: { got: context.item } },
  )
  const third = await rerun(failing.id, { mode: "failed" })
  expect(third.order).toEqual(["join", "shard[2]"])
  const { run, tasks } = await show(third.id)
  expect(run?.status).toBe("completed")
  expect(tasks.shard?.outputs).toEqual({ got: ["a", "b", "c", "d"] })
  expect(tasks["shard[0]"]?.reused_from).not.toBeNull()
  expect((await rerun(third.id, { mode: "from", task: "join" })).order).toEqual(["join"])
  const again = await rerun(third.id, { mode: "from", task: "shard" })
  expect(again.order).toEqual(["join", "shard[0]", "shard[1]", "shard[2]", "shard[3]"])
})

test("a run has only so many tasks, and says so where its items are too many", async () => {
  const ten_thousand = Array.from({ length: 10_000 }, (_, index) => index)
  const tasks = Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [
      name,
      { uses: "noop", for_each: "${{ inputs.all }}", queue: "nobody" },
    ]),
  )
  const run_id = await begin(tasks, { all: ten_thousand })
  const { tasks: shown, list } = await show(run_id)
  expect(shown.e).toMatchObject({ status: "failed", error: { code: "items.too_many" } })
  expect(shown.e?.error?.message).toContain("at most 50000")
  expect(list).toHaveLength(40_005)
  expect(new Set(list.map(({ id }) => id)).size).toBe(40_005)
  await cancelRun(engine)(actor, run_id)
  expect((await show(run_id)).run?.status).toBe("cancelled")
})

test("outputs that are too large together fail the task only where somebody reads them", async () => {
  const plan = (reads: boolean): Plan =>
    given.plan({
      shard: { uses: "noop", for_each: ["a", "b", "c"] },
      after: { uses: "noop", needs: ["shard"], ...(reads && { env: { ALL: "${{ tasks.shard.outputs }}" } }) },
    })
  const large = { text: "x".repeat(100_000) }
  const outcome = async (reads: boolean) => {
    const [started] = await startRuns(engine)([given.start(plan(reads))])
    await given.work(engine, await given.session(engine), () => ({ outputs: large }))
    return (await show(started?.run_id ?? "")).tasks.shard
  }
  expect(await outcome(false)).toMatchObject({ status: "completed", outputs: {} })
  expect(await outcome(true)).toMatchObject({ status: "failed", error: { code: "items.outputs_too_large" } })
})

test("a condition decides about a task before it has items", async () => {
  const run_id = await begin(
    {
      skipped: { uses: "noop", if: "inputs.none == 1", for_each: "${{ inputs.no_list }}" },
      kept: { uses: "noop", needs: ["skipped"], if: "size(inputs.all) == 2", for_each: "${{ inputs.all }}" },
    },
    { none: 0, no_list: 3, all: ["a", "b"] },
  )
  expect((await given.work(engine, await given.session(engine))).toSorted()).toEqual(["kept[0]", "kept[1]"])
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks.skipped?.status, tasks.skipped?.reason]).toEqual([
    "completed",
    "skipped",
    "condition",
  ])
})

test("items may be waits: each sleeps as long as it says, and each approval is decided by its name", async () => {
  const run_id = await begin({
    nap: { uses: "sleep", with: { duration: "${{ item }}" }, for_each: ["1ms", "2ms"], max_parallel: 1 },
    ask: { uses: "approval", with: { roles: ["owner"] }, for_each: ["a", "b"] },
    after: { uses: "noop", needs: ["nap", "ask"] },
  })
  const session_id = await given.session(engine)
  for (let turn = 0; turn < 2; turn++) {
    await engine.database.run((sql) => sql`update scheduler.timer set due_at = now() - interval '1 second'`)
    await fireTimers(engine)()
  }
  const answer = (task: string) =>
    answerApproval(engine)(actor, { run_id, task, approved: true, comment: "" })
  expect((await answer("ask[1]")).status).toBe("completed")
  expect(answer("ask[2]")).rejects.toThrow()
  expect(await claim(session_id)).toEqual([])
  await answer("ask[0]")
  expect(await given.work(engine, session_id)).toEqual(["after"])
  const { run, tasks } = await show(run_id)
  expect([run?.status, tasks["nap[1]"]?.status]).toEqual(["completed", "completed"])
  expect(tasks.ask?.outputs).toMatchObject({ approved: [true, true] })
})
