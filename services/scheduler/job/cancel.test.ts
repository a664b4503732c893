import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id, putInto } from "./given.ts"
import type { Job } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

const cancel = ({ id }: Pick<Job, "id">, more = {}) => door.ask<Job>("POST", `/jobs/${id}/cancel`, more)

const events = () =>
  engine.database.run(
    (sql) => sql<{ data: unknown }>`
      select events -> 0 -> 'data' as data from scheduler.outbox where topic = 'task.cancelled' order by id`,
  )

test("a queued job is cancelled at once, leaves its queue, and that is told once", async () => {
  const job = await door.create({ priority: 3 })
  const { status, body } = await cancel(job)
  expect([status, body.status]).toEqual([202, "cancelled"])
  expect(Date.parse(body.completed_at ?? "")).toBeGreaterThanOrEqual(Date.parse(job.created_at))
  expect(body.updated_at).toBe(body.completed_at ?? "")
  await cancel(job)
  const [left] = await engine.database.run((sql) => sql`select count(*)::int as count from scheduler.ready`)
  expect(left).toEqual({ count: 0 })
  const told = (await events()).map(({ data }) => data)
  const about = { task_run_id: job.id, run_id: null, task: "noop", attempt: 0 }
  expect(told).toEqual([expect.objectContaining(about)])
})

test("a running job is told to stop, and whoever waits for such news hears of it", async () => {
  const job = await door.create()
  await putInto(engine, job, "running")
  const stopped = engine.stopped.next(5_000)
  expect((await cancel(job)).body).toMatchObject({ status: "running", attempt: 1, worker_id: "w" })
  await stopped
})

test("a place in the queue that a claim has in its hands is not waited for", async () => {
  const job = await door.create()
  const { promise: holding, resolve: held } = Promise.withResolvers<void>()
  const { promise: leaving, resolve: leave } = Promise.withResolvers<void>()
  const claim = engine.database.tx(async (sql) => {
    await sql`select 1 from scheduler.ready where task_run_id = ${job.id}::text::uuid for update`
    held()
    await leaving
  })
  await holding
  expect((await cancel(job)).body.status).toBe("cancelled")
  leave()
  await claim
})

test("what isn't there, is somebody else's, or is asked by who may only look is refused", async () => {
  const job = await door.create()
  expect((await cancel({ id: engine.kit.id() })).status).toBe(404)
  expect((await cancel({ id: "none" })).status).toBe(422)
  expect((await cancel(job, { workspace: other_workspace_id })).status).toBe(404)
  expect((await cancel(job, { role: "viewer" })).status).toBe(403)
  expect((await door.ask<Job>("GET", `/jobs/${job.id}`, { role: "viewer" })).body.status).toBe("queued")
})

test("a task of a run is no job", async () => {
  const id = engine.kit.id()
  const job = await door.create()
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.task_run
        (id, run_id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries, created_at)
      select ${id}::text::uuid, ${engine.kit.id()}::text::uuid, 0, workspace_id, task, type, 'queued', queue, slot, 0, 0, now()
      from scheduler.task_run where id = ${job.id}::text::uuid`,
  )
  expect((await cancel({ id })).status).toBe(404)
  expect((await door.ask("GET", `/jobs/${id}`)).status).toBe(404)
})
