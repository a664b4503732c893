import { afterAll, beforeAll, expect, test } from "bun:test"
import { jobId, runId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { startRuns } from "../run/start.ts"
import { cleanEnded } from "./clean.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const day_ms = 86_400_000
const old_ms = Date.now() - 40 * day_ms

const counts = async () => {
  const [row] = await engine.database.run(
    (sql) => sql<Record<string, number>>`
      select (select count(*)::int from scheduler.run) as runs,
        (select count(*)::int from scheduler.task_run where run_id is not null) as tasks,
        (select count(*)::int from scheduler.task_run where run_id is null) as jobs,
        (select count(*)::int from scheduler.run_event) as events,
        (select count(*)::int from scheduler.rate) as rates,
        (select count(*)::int from scheduler.idempotency) as keys`,
  )
  return row
}

/** An id as it would have been made then. */
const idOf = (at_ms: number) =>
  `${at_ms.toString(16).padStart(12, "0")}${crypto.randomUUID().replaceAll("-", "").slice(12)}`.replace(
    /^(.{8})(.{4})(.{4})(.{4})(.{12})$/,
    "$1-$2-$3-$4-$5",
  )

const job = (status: string, at_ms: number) =>
  engine.database.run(
    (sql) => sql`
      insert into scheduler.task_run (id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries)
      values (${jobId(idOf(at_ms))}::text::uuid, 0, ${workspace_id}::text::uuid, 'noop', 'noop', ${status}, 'default',
        'inline', 0, 3)`,
  )

test("what ended long ago goes, with all that belongs to it; what is open, fresh or a dead letter stays", async () => {
  const plan = given.plan({ a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] } })
  const old = () => runId(idOf(old_ms))
  const start = startRuns(engine)
  await start(Array.from({ length: 120 }, () => given.start(plan, { run_id: old() })))
  await start([given.start(plan)])
  await given.work(engine, await given.session(engine))
  await start([given.start(plan, { run_id: old() })])
  await start([given.start(plan, { idempotency_key: "old", body_hash: "" })])
  await engine.database.run(
    (sql) => sql`update scheduler.idempotency set created_at = now() - interval '25 hours'`,
  )
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.rate (workspace_id, key, next_at)
      select ${workspace_id}::text::uuid, key, now() + ahead
      from (values ('past', interval '-1 second'), ('ahead', interval '1 hour')) as given (key, ahead)`,
  )
  for (const status of ["completed", "cancelled", "dead_letter", "queued", "running"])
    await job(status, old_ms)
  await job("completed", Date.now())
  const clean = cleanEnded(engine, 30)
  let rounds = 0
  while ((await clean()) && rounds < 20) rounds += 1

  expect(rounds).toBeGreaterThan(1)
  const left = await counts()
  expect(left).toMatchObject({ runs: 3, tasks: 6, jobs: 4, keys: 0, rates: 1 })
  expect(await clean()).toBe(false)
  expect(await counts()).toEqual(left)
})
