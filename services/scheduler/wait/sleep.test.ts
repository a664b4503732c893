import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { cancelRun } from "../run/cancel.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { rerunRun } from "../run/rerun.ts"
import { startRuns } from "../run/start.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { actorOf, waitsOf } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const operator = actorOf("operator")
const run = (tasks: Definition["tasks"]) => given.run(engine, tasks)
const work = () => given.work(engine, session_id)

const start = async (tasks: Definition["tasks"], inputs: Record<string, unknown>) => {
  const [started] = await startRuns(engine)([given.start(given.plan(tasks), { inputs })])
  return started?.run_id ?? ""
}

const nap = { uses: "sleep", with: { duration: "1h" } } as const

test("a sleep waits without a worker, and its run goes on when its time has come, not before", async () => {
  const run_id = await run({ nap, after: { uses: "noop", needs: ["nap"] } })
  expect(await work()).toEqual([])
  await fireTimers(engine)()
  expect((await see.tasks(run_id)).nap).toMatchObject({
    ...{ status: "waiting", attempt: 0, worker_id: null, started_at: expect.any(String) },
    wait: { for: "sleep", until: expect.any(String) },
  })
  const [timer] = await see.timers(run_id)
  expect(timer?.kind).toBe("wake")
  expect(timer?.due_ms).toBeGreaterThan(3_500_000)
  await see.due("wake")
  expect(await work()).toEqual(["after"])
  expect((await see.run(run_id)).status).toBe("completed")
  expect((await see.tasks(run_id)).nap).toMatchObject({
    status: "completed",
    finished_at: expect.any(String),
  })
  expect(await see.events(run_id)).toEqual([
    "workflow.started",
    "task.waiting nap",
    "task.completed nap",
    "task.started after",
    "task.completed after",
    "workflow.completed",
  ])
})

test("a sleep after other tasks is never given to a worker, also where all of the run is known", async () => {
  const run_id = await run({
    first: { uses: "noop" },
    nap: { ...nap, needs: ["first"] },
    beside: { uses: "noop", needs: ["first"] },
    last: { uses: "noop", needs: ["nap", "beside"] },
  })
  expect(await work()).toEqual(["first", "beside"])
  expect((await see.tasks(run_id)).nap?.status).toBe("waiting")
  await see.due("wake")
  expect(await work()).toEqual(["last"])
  expect((await see.run(run_id)).status).toBe("completed")
})

test("a run of sleeps alone ends by itself", async () => {
  const run_id = await run({ one: nap, two: { ...nap, needs: ["one"] } })
  await see.due("wake")
  await see.due("wake")
  expect((await see.run(run_id)).status).toBe("completed")
})

test("how long is read from inputs and from what came before", async () => {
  const tasks = {
    ask: { uses: "noop" },
    nap: { uses: "sleep", needs: ["ask"], with: { duration: "${{ tasks.ask.outputs.rest }}" } },
    till: { uses: "sleep", with: { until: "${{ inputs.day }}T00:00:00Z" } },
  } as const satisfies Definition["tasks"]
  const run_id = await start(tasks, { day: "2099-01-01" })
  await given.work(engine, session_id, () => ({ outputs: { rest: "2h" } }))
  const [one, other] = await see.timers(run_id)
  const due = [one?.due_ms ?? 0, other?.due_ms ?? 0].sort((a, b) => a - b)
  expect(due[0]).toBeGreaterThan(7_100_000)
  expect(due[0]).toBeLessThan(7_300_000)
  expect((await see.tasks(run_id)).till?.wait).toEqual({ for: "sleep", until: "2099-01-01T00:00:00.000Z" })
  await cancelRun(engine)(operator, run_id)
})

test.each([
  [{ duration: "${{ inputs.day }}" }, "`duration` is `soon`, which is no duration like 10m or 1h30m."],
  [{ until: "${{ inputs.day }}" }, "`until` is `soon`, which is no time like 2026-01-31T09:00:00Z."],
  [{ until: "${{ inputs.none }}" }, "none"],
])("a sleep that can't be told fails with the reason: %j", async (wait, message) => {
  const run_id = await start({ nap: { uses: "sleep", with: wait } }, { day: "soon" })
  const { nap: task } = await see.tasks(run_id)
  expect(task).toMatchObject({ status: "failed", reason: "wait.invalid" })
  expect(task?.error?.message).toContain(message)
  expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "task_failed" })
})

test("a time that has passed is now", async () => {
  const run_id = await run({ nap: { uses: "sleep", with: { until: "2001-01-01T00:00:00Z" } } })
  await fireTimers(engine)()
  expect((await see.run(run_id)).status).toBe("completed")
})

describe("a run that sleeps", () => {
  test("is cancelled at once, and what wakes it later does nothing", async () => {
    const run_id = await run({ nap, after: { uses: "noop", needs: ["nap"] } })
    expect((await cancelRun(engine)(operator, run_id)).status).toBe("cancelled")
    await see.due("wake")
    expect((await see.tasks(run_id)).nap?.status).toBe("cancelled")
    expect(await see.timers(run_id)).toEqual([])
  })

  test("is paused: what comes due then waits for the resume", async () => {
    const run_id = await run({ nap, after: { uses: "noop", needs: ["nap"] } })
    await pauseRun(engine)(operator, run_id)
    await see.due("wake")
    expect((await see.tasks(run_id)).nap?.status).toBe("waiting")
    expect(await see.timers(run_id)).toEqual([{ kind: "wake", due_ms: null }])
    await resumeRun(engine)(operator, run_id)
    await fireTimers(engine)()
    expect(await work()).toEqual(["after"])
    expect((await see.run(run_id)).status).toBe("completed")
  })

  test("leaves no timer when it is cancelled while it is paused", async () => {
    const run_id = await run({ nap })
    await pauseRun(engine)(operator, run_id)
    await see.due("wake")
    await cancelRun(engine)(operator, run_id)
    await fireTimers(engine)()
    expect(await see.timers(run_id)).toEqual([])
    expect((await see.run(run_id)).status).toBe("cancelled")
  })

  test("begins no wait while it is paused", async () => {
    const run_id = await run({ first: { uses: "noop" }, nap: { ...nap, needs: ["first"] } })
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    await pauseRun(engine)(operator, run_id)
    const settlement = {
      task_run_id: attempt?.id ?? "",
      token: attempt?.token ?? "",
      outcome: "completed",
    } as const
    await reportTasks(engine)({ session_id, settlements: [settlement], room: given.room(1) })
    expect((await see.tasks(run_id)).nap?.status).toBe("pending")
    await resumeRun(engine)(operator, run_id)
    expect((await see.tasks(run_id)).nap?.status).toBe("waiting")
    await see.due("wake")
    expect((await see.run(run_id)).status).toBe("completed")
  })

  test("ends at its deadline", async () => {
    const run_id = await run({ nap })
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.timer (due_at, kind, run_id) values (now(), 'deadline', ${run_id}::text::uuid)`,
    )
    await fireTimers(engine)()
    expect(await see.run(run_id)).toMatchObject({ status: "failed", reason: "timeout" })
    expect((await see.tasks(run_id)).nap).toMatchObject({ status: "cancelled", reason: "timeout" })
  })

  test("is rerun from where it failed with what it slept through kept", async () => {
    const run_id = await run({ nap, after: { uses: "noop", needs: ["nap"] } })
    await see.due("wake")
    await given.work(engine, session_id, () => ({ outcome: "failed", non_retryable: true }))
    const again = await rerunRun(engine)(operator, run_id, { mode: "failed" })
    expect((await see.tasks(again.id)).nap?.status).toBe("completed")
    expect(await work()).toEqual(["after"])
    const all = await rerunRun(engine)(operator, run_id, { mode: "all" })
    expect((await see.tasks(all.id)).nap?.status).toBe("waiting")
    expect(all.tasks?.find(({ task }) => task === "nap")?.status).toBe("waiting")
    await cancelRun(engine)(operator, all.id)
  })
})
