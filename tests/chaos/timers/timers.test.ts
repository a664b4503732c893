import { afterAll, beforeAll, expect, test } from "bun:test"
import { join } from "node:path"
import { migrate } from "#kernel/database/migrate.ts"
import { openDatabase } from "#kernel/database/open.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { type FreshDatabase, freshDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import { jobId } from "#language/run-id.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { given, workspace_id } from "#services/scheduler/given.ts"
import { insertJobs } from "#services/scheduler/job/insert.ts"
import { prepareJob } from "#services/scheduler/job/prepare.ts"
import { refreshLanes } from "#services/scheduler/lane/refresh.ts"
import { parkedClaim } from "#services/scheduler/task/park.ts"
import { reportTasks } from "#services/scheduler/task/report.ts"
import { chosenSeed, type Random, seededRandom } from "../random.ts"
import { openEngine } from "./engine.ts"

const delayed_count = 5_000
const retried_count = 5_000
const spread_ms = process.env.WF_TEST_LONG === "1" ? 20_000 : 12_000
const lead_ms = 3_000
const room = given.room(500)

let fresh: FreshDatabase
let engine: ReturnType<typeof openEngine>

/** Every timer that is removed leaves a row, with the time at which that was done. */
const noteFired = `
  create table scheduler.fired (id bigint, kind text, task_run_id uuid, due_at timestamptz, at timestamptz);
  create function scheduler.note_fired() returns trigger language plpgsql as $$
    begin
      insert into scheduler.fired values (old.id, old.kind, old.task_run_id, old.due_at, clock_timestamp());
      return old;
    end $$;
  create trigger fired after delete on scheduler.timer for each row execute function scheduler.note_fired();
  insert into scheduler.reader (name) values ('kept');
  update scheduler.sweep set last_at = now(), reap_after = now();`

beforeAll(async () => {
  fresh = await freshDatabase()
  const folder = join(import.meta.dir, "../../../services/scheduler/migrations")
  const common = { url: fresh.url, schema: "scheduler", application_name: "test", log: silentLog }
  const database = openDatabase(common)
  await migrate({ database, sources: migrationsOf(folder), log: silentLog })
  await database.run((sql) => sql.script(noteFired))
  await database.close()
  engine = openEngine(fresh.url, "worker")
}, 60_000)

afterAll(async () => {
  await engine.close()
  await fresh.drop()
})

/** A scheduler as a process of its own. */
const startScheduler = async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), fresh.url], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  })
  await child.stdout.getReader().read()
  return child
}

const jobOf = (random: Random, place: number, from_ms: number) => {
  const due_ms = random.whole(0, spread_ms)
  const isDelayed = place < delayed_count
  const wanted = isDelayed
    ? { type: "noop", run_at: new Date(from_ms + lead_ms + due_ms).toISOString() }
    : { type: "default", retries: { initial: `${lead_ms + due_ms}ms`, factor: 1, jitter: 0 } }
  const owner = { id: jobId(engine.kit.id()), workspace_id, header_key: undefined, traceparent: undefined }
  return prepareJob(wanted, owner)
}

const insertAll = async (random: Random): Promise<void> => {
  const from_ms = Date.now()
  const jobs = Array.from({ length: delayed_count + retried_count }, (_, place) =>
    jobOf(random, place, from_ms),
  )
  for (let place = 0; place < jobs.length; place += 500)
    await engine.hot.run((sql) => insertJobs(sql, jobs.slice(place, place + 500)))
}

const failed = { outcome: "failed", error: { code: "first.try", message: "As it was asked to." } } as const

/** Runs what is claimable; of those that are to be tried again, the first try fails. */
const work = async (one: Engine, end: AbortSignal, started: string[]): Promise<void> => {
  const session_id = await given.session(one)
  // It beats, as it were.
  await one.hot.run((sql) => sql`update scheduler.session set lease_until = 'infinity'`)
  const claim = parkedClaim(one, refreshLanes(one))
  let attempts = await claim({ session_id, room, wait_ms: 200, signal: end })
  while (!end.aborted) {
    started.push(...attempts.map(({ id, attempt }) => `${id} ${attempt}`))
    const settlements = attempts.map(({ id, token, type, attempt }) => ({
      ...{ task_run_id: id, token },
      ...(type === "default" && attempt === 1 ? failed : { outcome: "completed" as const }),
    }))
    if (settlements.length > 0) await reportTasks(one)({ session_id, settlements, room: given.room(0) })
    attempts = await claim({ session_id, room, wait_ms: 200, signal: end })
  }
}

/** One of the two is killed and started again, now and then. */
const killNowAndThen = async (random: Random, isOver: () => boolean): Promise<number> => {
  const schedulers = [await startScheduler(), await startScheduler()]
  let kills = 0
  while (!isOver()) {
    await Bun.sleep(random.whole(500, 2_500))
    const place = random.whole(0, 1)
    schedulers[place]?.kill("SIGKILL")
    await schedulers[place]?.exited
    kills += 1
    schedulers[place] = await startScheduler()
  }
  for (const scheduler of schedulers) scheduler.kill("SIGKILL")
  await Promise.all(schedulers.map(({ exited }) => exited))
  return kills
}

type Fired = {
  readonly timers: number
  readonly tasks: number
  readonly early: number
  readonly begun_early: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly max_ms: number
}

const firedIn = async (): Promise<Fired> => {
  const [row] = await engine.database.run(
    (sql) => sql<Fired>`
      select count(*)::int as timers, count(distinct task_run_id)::int as tasks,
        count(*) filter (where fired.at < fired.due_at)::int as early,
        count(*) filter (where task.started_at < fired.due_at)::int as begun_early,
        round(percentile_cont(0.5) within group (order by extract(epoch from task.started_at - fired.due_at)) * 1000)::float8 as p50_ms,
        round(percentile_cont(0.99) within group (order by extract(epoch from task.started_at - fired.due_at)) * 1000)::float8 as p99_ms,
        round(max(extract(epoch from task.started_at - fired.due_at)) * 1000)::float8 as max_ms
      from scheduler.fired as fired join scheduler.task_run as task on task.id = fired.task_run_id`,
  )
  if (!row) throw new Error("counts have a row")
  return row
}

test("two schedulers, of which one is killed now and then, fire each of 10,000 timers once and none early", async () => {
  const seed = chosenSeed()
  const random = seededRandom(seed)
  const count = delayed_count + retried_count
  const [end, started] = [new AbortController(), [] as string[]]
  const expected = delayed_count + 2 * retried_count
  await insertAll(random)
  const killing = killNowAndThen(random, () => started.length >= expected || end.signal.aborted)
  const working = Promise.all([work(engine, end.signal, started), work(engine, end.signal, started)])
  await until("the end of all jobs", () => started.length >= expected, 90_000).finally(() => end.abort())
  const [kills] = await Promise.all([killing, working])
  const { p50_ms, p99_ms, max_ms, ...fired } = await firedIn()
  process.stderr.write(
    `timers: SEED=${seed}, ${kills} kills, begun after they were due: p50 ${p50_ms} ms, p99 ${p99_ms} ms, at most ${max_ms} ms\n`,
  )
  expect(fired).toEqual({ timers: count, tasks: count, early: 0, begun_early: 0 })
  expect(new Set(started).size).toBe(expected)
  expect(started).toHaveLength(expected)
  const [left] = await engine.database.run(
    (sql) => sql<Record<string, number>>`
      select
        (select count(*)::int from scheduler.timer) as timers,
        (select count(*)::int from scheduler.task_run where status <> 'completed') as open,
        (select count(*)::int from scheduler.task_run where attempt <> case type when 'default' then 2 else 1 end) as tries,
        (select count(*)::int from scheduler.ready) as ready,
        (select count(*)::int from scheduler.claim) as claims,
        (select count(distinct done.id)::int from scheduler.outbox, unnest(ids) as done (id) where topic = 'job.completed') as told,
        (select count(*)::int from scheduler.outbox, unnest(ids) as done (id) where topic = 'job.completed') as tellings`,
  )
  expect(left).toEqual({ timers: 0, open: 0, tries: 0, ready: 0, claims: 0, told: count, tellings: count })
}, 150_000)
