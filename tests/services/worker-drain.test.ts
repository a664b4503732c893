import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { create } from "@bufbuild/protobuf"
import type { Client } from "@connectrpc/connect"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import type { LateAbort } from "#kernel/service/late-abort.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import type { Definition } from "#language/schema.ts"
import {
  type Attempt,
  type Result,
  ResultSchema,
  SchedulerService,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { WorkerService } from "#proto/generated/wf/worker/v1/worker_pb.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { given } from "#services/scheduler/given.ts"
import { schedulerRpc } from "#services/scheduler/rpc.ts"
import { readTaskRuns } from "#services/scheduler/run/read.ts"
import { createPump } from "#services/worker/claim/pump.ts"
import { createSlots } from "#services/worker/claim/slots.ts"
import { workerRpc } from "#services/worker/rpc.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const key = platformKey(randomBytes(32).toString("base64"))
const tokens = (service: string) => serviceTokens(service, key)

/** Tasks end when the test says so, or when they are stopped. */
const start = (): { readonly door: Client<typeof WorkerService>; finish(task: string): void } => {
  const ends = new Map<string, () => void>()
  const run = (attempt: Attempt, stop: LateAbort) =>
    new Promise<Result>((resolve) => {
      const { taskRunId, token, task } = attempt
      const end = (outcome: string, errorCode = "") =>
        resolve(create(ResultSchema, { taskRunId, token, outcome, errorCode, outputsJson: "{}" }))
      ends.set(task, () => end("completed"))
      stop.signal.addEventListener("abort", () => end("failed", "task.cancelled"))
    })
  const doorsOf = (service: string) => ({ service, tokens: tokens(service), log: silentLog })
  const call = caller(
    (_, outgoing) => inMemoryTransport(schedulerRpc(engine), doorsOf("scheduler"), outgoing),
    tokens("worker"),
  )
  const slots = createSlots({ process: 2, inline: 2 })
  const types = () => Promise.resolve(["shell"])
  const [name, queues, labels] = ["test", ["*"], { zone: "eu" }]
  const pump = createPump({
    ...{ slots, name, queues, labels: {}, types, log: silentLog, id: engine.kit.id, run },
    scheduler: call("scheduler", SchedulerService),
  })
  pump.start()
  const routes = workerRpc({ name, queues, labels, types, pump, slots })
  const operate = caller(
    (_, outgoing) => inMemoryTransport(routes, doorsOf("worker"), outgoing),
    tokens("operator"),
  )
  return { door: operate("worker", WorkerService), finish: (task) => ends.get(task)?.() }
}

const tasks: Definition["tasks"] = { short: { run: "true" }, long: { run: "true" }, later: { run: "true" } }

const statusesOf = async (run_id: string) => {
  const rows = await engine.database.run((sql) => readTaskRuns(sql, run_id))
  return Object.fromEntries(rows.map(({ task, status }) => [task, status]))
}

test("a drained worker takes nothing new, finishes what it can in time and hands back the rest", async () => {
  const { door, finish } = start()
  expect(await door.status({})).toMatchObject({
    ...{ name: "test", slots: 2, busy: 0, inlineSlots: 2, inlineBusy: 0, draining: false },
    ...{ queues: ["*"], labels: { zone: "eu" }, types: ["shell"] },
  })
  const run_id = await given.run(engine, tasks)
  await until("both slots are busy", async () => (await door.status({})).busy === 2)
  const before = await statusesOf(run_id)
  const [first = "", second = ""] = Object.keys(tasks).filter((task) => before[task] === "running")
  const drained = door.drain({ maxFinishMs: 1_000n })
  await until("it drains", async () => (await door.status({})).draining)
  finish(first)
  await drained
  expect(await door.status({})).toMatchObject({ busy: 0, draining: true })
  const after = await statusesOf(run_id)
  expect(after[first]).toBe("completed")
  expect(Object.entries(after).filter(([, status]) => status === "queued")).toHaveLength(2)
  expect(after[second]).toBe("queued")
  await door.drain({})
  await given.work(engine, await given.session(engine))
  expect(Object.values(await statusesOf(run_id))).toEqual(["completed", "completed", "completed"])
})
