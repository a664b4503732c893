import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import { Code, ConnectError, type Transport } from "@connectrpc/connect"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import type { Definition } from "#language/schema.ts"
import {
  type Attempt,
  type Result,
  ResultSchema,
  SchedulerService,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { given, workspace_id } from "#services/scheduler/given.ts"
import { schedulerRpc } from "#services/scheduler/rpc.ts"
import { readRun, readTaskRuns } from "#services/scheduler/run/read.ts"
import { closeSession } from "#services/scheduler/session/close.ts"
import { createPump, type Pump } from "#services/worker/claim/pump.ts"
import { createSlots, type Slots } from "#services/worker/claim/slots.ts"

let engine: Engine & { close(): Promise<void> }
const pumps: Pump[] = []
beforeAll(async () => {
  engine = await given.engine()
})
afterEach(async () => {
  for (const pump of pumps.splice(0)) await pump.drain(0)
})
afterAll(() => engine.close())

const resultOf = ({ taskRunId, token }: Attempt, more: MessageInitShape<typeof ResultSchema> = {}): Result =>
  create(ResultSchema, { taskRunId, token, outcome: "completed", outputsJson: "{}", ...more })

type Run = (attempt: Attempt, stop: AbortController) => Promise<Result>

type Way = (transport: Transport) => Transport

type Losing = { readonly method: string; readonly times: number }

/** Calls arrive and are done, but the first so many answers of a method never come back. */
const losing = ({ method, times }: Losing): Way => {
  let left = times
  return (transport) => ({
    ...transport,
    async unary(...call) {
      const answer = await transport.unary(...call)
      const { attempts = [] } = answer.message as { attempts?: readonly unknown[] }
      if (call[0].name !== method || left === 0 || attempts.length === 0) return answer
      left -= 1
      throw new ConnectError("the connection was lost", Code.Unavailable)
    },
  })
}

/** Calls of a method wait until they are let go. */
const holding = (method: string, held: (() => void)[]): Way => {
  return (transport) => ({
    ...transport,
    async unary(...call) {
      if (call[0].name === method) await new Promise<void>((go) => held.push(go))
      return transport.unary(...call)
    },
  })
}

type Worker = { readonly pump: Pump; readonly slots: Slots }

type Setting = { readonly slots?: number; readonly way?: Way }

const asItIs: Way = (transport) => transport

const start = (run: Run, { slots: total = 4, way = asItIs }: Setting = {}): Worker => {
  const tokens = serviceTokens("scheduler", platformKey(randomBytes(32).toString("base64")))
  const doors = { service: "scheduler", tokens, log: silentLog }
  const call = caller((_, outgoing) => way(inMemoryTransport(schedulerRpc(engine), doors, outgoing)), tokens)
  const slots = createSlots({ process: total, inline: total })
  const pump = createPump({
    ...{
      slots,
      run,
      name: "test",
      queues: ["*"],
      labels: {},
      types: () => Promise.resolve([]),
      log: silentLog,
      id: engine.kit.id,
    },
    scheduler: call("scheduler", SchedulerService),
  })
  pumps.push(pump)
  pump.start()
  return { pump, slots }
}

const wide = (count: number): Definition["tasks"] =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, { uses: "noop" }]))

const show = (run_id: string) =>
  engine.database.run(async (sql) => ({
    run: await readRun(sql, workspace_id, run_id),
    tasks: await readTaskRuns(sql, run_id),
  }))

const completed = (run_id: string) =>
  until("the run has completed", async () => {
    const { run, tasks } = await show(run_id)
    return run?.status === "completed" && tasks
  })

/** Runs until it is told to stop, and says so as executors do. */
const stubborn: Run = (attempt, stop) =>
  new Promise((resolve) => {
    const end = () => resolve(resultOf(attempt, { outcome: "failed", errorCode: "task.cancelled" }))
    if (stop.signal.aborted) end()
    stop.signal.addEventListener("abort", end)
  })

test("no more tasks run at once than there are slots, and all of them run", async () => {
  let [running, most] = [0, 0]
  const { slots } = start(async (attempt) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    return resultOf(attempt)
  })
  const ids = await Promise.all([given.run(engine, wide(60)), given.run(engine, wide(60))])
  for (const run_id of ids) expect((await completed(run_id)).every((task) => task.attempt === 1)).toBe(true)
  expect(most).toBe(4)
  await until("slots are as they were", () => slots.busy().inline <= 4 && slots.busy().inline >= 0)
})

test("work that becomes ready while a claim is parked is begun at once", async () => {
  const begun: string[] = []
  start(async (attempt) => {
    begun.push(attempt.task)
    return resultOf(attempt)
  })
  const chain = { a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] }, c: { uses: "noop", needs: ["b"] } }
  await completed(await given.run(engine, chain))
  expect(begun).toEqual(["a", "b", "c"])
})

test("while a report is under way, the next one waits until it is worth it, or for its end", async () => {
  const ends: (() => void)[] = []
  const reports: (() => void)[] = []
  const run: Run = async (attempt) => {
    await new Promise<void>((resolve) => ends.push(resolve))
    return resultOf(attempt)
  }
  start(run, { slots: 256, way: holding("Report", reports) })
  const run_id = await given.run(engine, wide(150))
  await until("all run", () => ends.length === 150)
  const endSome = async (count: number) => {
    for (const end of ends.splice(0, count)) end()
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  await endSome(1)
  expect(reports).toHaveLength(1)
  await endSome(99)
  expect(reports).toHaveLength(1)
  await endSome(1)
  expect(reports).toHaveLength(2)
  await endSome(49)
  expect(reports).toHaveLength(2)
  for (const go of reports) go()
  await until("what is left is reported, too", () => reports.length === 3)
  reports[2]?.()
  await completed(run_id)
})

test("a session that was ended is replaced, and its work is done under the new one", async () => {
  let first = true
  const stopped: string[] = []
  const { pump } = start(async (attempt, stop) => {
    if (!first) return resultOf(attempt)
    first = false
    const result = await stubborn(attempt, stop)
    stopped.push(attempt.task)
    return result
  })
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  await until("it runs", () => !first)
  const lost = pump.sessionId()
  await closeSession(engine)(lost)
  const [task] = await completed(run_id)
  expect(pump.sessionId()).not.toBe(lost)
  await until("the old attempt was stopped", () => stopped.length === 1)
  expect(task).toMatchObject({ attempt: 2 })
})

describe("a claim whose answer is lost", () => {
  test("is found by a later heartbeat, and its task runs without having used a try", async () => {
    const { slots } = start(async (attempt) => resultOf(attempt), {
      way: losing({ method: "Claim", times: 1 }),
    })
    const lost = await given.run(engine, { only: { uses: "noop" } })
    await until("it was claimed by nobody", async () => (await show(lost)).tasks[0]?.status === "running")
    await completed(await given.run(engine, { other: { uses: "noop" } }))
    const [task] = await completed(lost)
    expect(task).toMatchObject({ attempt: 2, max_retries: 0 })
    await until("no slot is lost", () => slots.busy().inline >= 0 && slots.busy().inline <= 4)
  })

  test("of a report that was doubled is found by its age, and the result counts once", async () => {
    const seen: string[] = []
    const run: Run = async (attempt) => {
      seen.push(attempt.task)
      return resultOf(attempt)
    }
    start(run, { way: losing({ method: "Report", times: 1 }) })
    const chain = { a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] } }
    const run_id = await given.run(engine, chain)
    await until("the next one was claimed by nobody", async () => {
      const { tasks } = await show(run_id)
      return tasks[1]?.status === "running"
    })
    await engine.database.run(
      (sql) => sql`update scheduler.claim set claimed_at = now() - interval '31 seconds'`,
    )
    const tasks = await completed(run_id)
    expect(tasks.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(seen).toEqual(["a", "b"])
  })
})

describe("a drain", () => {
  test("waits for what runs, and takes nothing new", async () => {
    let finish: () => void = () => undefined
    const { pump } = start(
      async (attempt) => {
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return resultOf(attempt)
      },
      { slots: 1 },
    )
    const run_id = await given.run(engine, wide(2))
    await until("one runs", async () => (await show(run_id)).tasks.some((task) => task.status === "running"))
    const drained = pump.drain(10_000)
    expect(pump.draining()).toBe(true)
    finish()
    await drained
    const statuses = (await show(run_id)).tasks.map((task) => task.status)
    expect(statuses.toSorted()).toEqual(["completed", "queued"])
    await given.work(engine, await given.session(engine))
  })

  test("hands back what doesn't end in time, without using a try or failing it", async () => {
    const { pump } = start(stubborn)
    const run_id = await given.run(engine, { only: { uses: "noop" } })
    await until("it runs", async () => (await show(run_id)).tasks[0]?.status === "running")
    await pump.drain(0)
    expect((await show(run_id)).tasks[0]).toMatchObject({ status: "queued", error: null })
    // What the worker reports all the same may hold the run just when somebody else comes for it.
    const session_id = await given.session(engine)
    await until("another has done it", async () => {
      await given.work(engine, session_id)
      return (await show(run_id)).run?.status === "completed"
    })
  })

  test("may be asked for twice", async () => {
    const { pump } = start(stubborn)
    await Promise.all([pump.drain(0), pump.drain(0)])
    await pump.drain(0)
  })
})
