import { afterAll, beforeAll, expect, test } from "bun:test"
import { decodeEvent } from "#kernel/events/decode.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { deriveCompleted } from "./derive.ts"
import { jobsDoor } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

test("a completed job is told once, with its result, from its own row", async () => {
  const door = jobsDoor(engine)
  const created = await door.create({ type: "noop" })
  const session_id = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  const settlement = {
    ...{ task_run_id: attempt?.id ?? "", token: attempt?.token ?? "" },
    ...{ outcome: "completed" as const, outputs: { answer: 42 } },
    ...{ usage: { cpu_ms: 7, inputs: { with: { a: 1 } } }, log_chunks: 2 },
  }
  await reportTasks(engine)({ session_id, settlements: [settlement, settlement], room: given.room(0) })
  await reportTasks(engine)({ session_id, settlements: [settlement], room: given.room(0) })
  const bodies = await engine.database.run(async (sql) => {
    const rows = await sql<{ topic: string; ids: string[]; details: unknown; at: Date }>`
      select topic, ids, details, at from scheduler.outbox where topic = 'job.completed'`
    return deriveCompleted(sql, rows)
  })
  expect(bodies.flat()).toHaveLength(1)
  const [body] = bodies.flat()
  const event = decodeEvent({ ...body, type: "job.completed", source: "scheduler", at: "" } as never)
  expect(event).toMatchObject({
    data: {
      job_id: created.id,
      workspace_id,
      type: "noop",
      queue: "default",
      attempt: 1,
      result: { answer: 42 },
      usage: { cpu_ms: 7, inputs: { with: { a: 1 } } },
      log_chunks: 2,
      worker_id: session_id,
    },
  })
  const { data } = event as { data: Record<string, string> }
  const times = ["queued_at", "started_at", "at"].map((name) => Date.parse(data[name] ?? ""))
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(60_000)
})

const failing = { outcome: "failed" as const, error: { code: "task.exit", message: "exit 7" } }

const toldOf = async (id: string) =>
  (await given.told(engine))
    .filter(({ topic, data }) => topic !== "task.scheduled" && [data.job_id, data.task_run_id].includes(id))
    .map(({ topic, data }) => ({ ...data, topic }))

test("attempts that fail tell who had them from when on, the last one with the dead letter", async () => {
  const job = await jobsDoor(engine).create({ type: "noop", max_retries: 1 })
  const [first, second] = [await given.session(engine), await given.session(engine)]
  await given.work(engine, first, () => ({ ...failing, usage: { exit_code: 7 } }))
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  await given.work(engine, second, () => failing)
  const began = { queued_at: expect.any(String), started_at: expect.any(String) }
  const told = await toldOf(job.id)
  expect(told).toMatchObject([
    { topic: "task.retrying", attempt: 1, worker_id: first, usage: { exit_code: 7 }, ...began },
    { topic: "job.dead_lettered", attempt: 2, attempts: 2, worker_id: second, ...began },
  ])
})

test("what waited too long for a worker, at first or to be tried again, tells of no beginning", async () => {
  const door = jobsDoor(engine)
  const job = await door.create({ type: "noop", queue_timeout: "1h" })
  const tried = await door.create({ type: "noop", queue_timeout: "1h", queue: "tried" })
  await given.work(engine, await given.session(engine, ["tried"]), () => failing)
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now() where kind = 'retry'`)
  await fireTimers(engine)()
  await engine.database.run(
    (sql) => sql`
      update scheduler.task_run set queued_at = now() - interval '2 hours' where status = 'queued'`,
  )
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  for (const [id, attempt] of [
    [job.id, 0],
    [tried.id, 1],
  ] as const) {
    const last = (await toldOf(id)).at(-1)
    expect(last).toMatchObject({ topic: "job.dead_lettered", attempt, reason: "queue.timeout" })
    expect(last).not.toHaveProperty("started_at")
    expect(last).not.toHaveProperty("worker_id")
  }
})
