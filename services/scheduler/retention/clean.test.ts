import { afterAll, beforeAll, expect, test } from "bun:test"
import { list } from "#kernel/database/database.ts"
import { cleanOutbox } from "#kernel/outbox/clean.ts"
import { type Entry, openReader } from "#kernel/outbox/read.ts"
import { until } from "#kernel/testing/until.ts"
import { jobId, runId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { deriveFacts } from "../fact/derive.ts"
import { createTold } from "../fact/told.ts"
import { given, workspace_id } from "../given.ts"
import { jobsDoor } from "../job/given.ts"
import { createPlans } from "../plan/plans.ts"
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
      insert into scheduler.task_run (id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries, finished_at)
      values (${jobId(idOf(at_ms))}::text::uuid, 0, ${workspace_id}::text::uuid, 'noop', 'noop', ${status}, 'default',
        'inline', 0, 3, now())`,
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
  const all = await counts()
  // What is told of them is in their rows, and nobody has read it.
  await clean()
  expect(await counts()).toMatchObject({ runs: all?.runs, tasks: all?.tasks, jobs: all?.jobs })
  await given.readAll(engine)
  let rounds = 0
  while ((await clean()) && rounds < 20) rounds += 1

  expect(rounds).toBeGreaterThan(1)
  const left = await counts()
  expect(left).toMatchObject({ runs: 3, tasks: 6, jobs: 4, keys: 0, rates: 1 })
  expect(await clean()).toBe(false)
  expect(await counts()).toEqual(left)
})

/** Brings a reader of the outbox to its end. */
const readOn = async (name: string, topics: readonly string[]) => {
  const source = { database: engine.database, derive: deriveFacts(createTold()) }
  const reader = openReader({ source, name, topics: () => topics, max_events: 1_000 })
  const read: Entry[] = []
  for (;;) {
    const some = await reader.read()
    const last = some.at(-1)
    read.push(...some)
    if (last === undefined) break
    await engine.database.tx((sql) => reader.advance(sql, last))
  }
  await reader.keep()
  return read
}

test("a job that has completed stays until whoever keeps its history has read of it, however long that takes", async () => {
  await given.readAll(engine)
  const done = async () => {
    const job = await jobsDoor(engine).create({ type: "noop" })
    await given.work(engine, await given.session(engine))
    return job.id
  }
  const id = await done()
  const isThere = async () => {
    const found = await engine.database.run(
      (sql) => sql`select from scheduler.task_run where id = ${id}::text::uuid`,
    )
    return found.length === 1
  }
  // Everybody else is ahead; what is there now is older than nought days.
  await engine.database.run((sql) => sql`insert into scheduler.reader (name) values ('metadata.jobs')`)
  await readOn("others", ["task.completed"])
  await until("nothing more to remove", async () => !(await engine.database.run(cleanOutbox)))
  await cleanEnded(engine, 0)()
  expect(await isThere()).toBe(true)
  const told = await readOn("metadata.jobs", ["job.completed"])
  expect(told.map(({ event }) => event.data)).toMatchObject([{ job_id: id, attempt: 1 }])
  // While others on the server are in the middle of something, what is read counts with what is read after it.
  await until("the job is removed", async () => {
    await done()
    for (const name of ["others", "metadata.jobs"]) await readOn(name, ["job.completed"])
    await engine.database.run(cleanOutbox)
    await cleanEnded(engine, 0)()
    return !(await isThere())
  })
})

test("a plan goes some days after its last run; one that is used stays, also for a run that has not ended", async () => {
  const start = startRuns(engine)
  const plan = (name: string) => given.plan({ [name]: { uses: "sleep", with: { duration: "1h" } } })
  const begin = async (name: string, more: object = {}) => {
    const one = given.start(plan(name), more)
    await start([one])
    const [row] = await engine.database.run(
      (sql) =>
        sql<{ id: string }>`select plan_id as id from scheduler.run where id = ${one.run_id}::text::uuid`,
    )
    return row?.id ?? ""
  }
  const unused = await begin("unused")
  const open = await begin("open", { run_id: runId(idOf(old_ms)) })
  const recent = await begin("recent")
  await engine.database.run((sql) => sql`delete from scheduler.run where plan_id in (${unused}, ${recent})`)
  const age = (days: number, ids: readonly string[]) =>
    engine.database.run(
      (sql) => sql`
        update scheduler.plan set used_at = now() - ${days}::float8 * interval '1 day'
        where id = any(${list(ids)}::text::text[])`,
    )
  await age(40, [unused, open])
  await age(31, [recent])
  const left = async () => {
    const rows = await engine.database.run(
      (sql) => sql<{ id: string }>`
        select id from scheduler.plan where id = any(${list([unused, open, recent])}::text::text[])`,
    )
    return rows.map(({ id }) => id).sort()
  }
  const clean = cleanEnded(engine, 30)
  await until("nothing more to remove", async () => !(await clean()))
  expect(await left()).toEqual([open, recent].sort())
  // Whoever begins a run with what was removed, or is about to be, writes it anew.
  const other = { ...engine, plans: createPlans() }
  await startRuns(other)([given.start(plan("unused")), given.start(plan("recent"))])
  await until("nothing more to remove", async () => !(await clean()))
  expect(await left()).toEqual([open, recent, unused].sort())
})
