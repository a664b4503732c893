import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Database } from "#kernel/database/database.ts"
import { createClient } from "#sdk/index.ts"
import { startEmbeddedPlatform } from "./embedded-platform.ts"

const usage = `usage: bun tests/chaos/soak.ts [--minutes 4] [--jobs 300] [--runs 10] [--data DIR]

A steady load on a fresh wf up: jobs and small runs a second. For the first half of the time a transaction with an old
snapshot is held open in PostgreSQL, so that nothing dead can be removed; for the second half it is not. Each half
minute prints the size of the tables, the rate at which work ends, and how long jobs wait for their worker.
`

const minute_ms = 60_000
const day_ms = 24 * 60 * minute_ms
const tick_ms = 100
const keep_days = "0.001"

const tables = [
  "task_run",
  "ready",
  "claim",
  "timer",
  "run",
  "run_event",
  "outbox",
  "reader",
  "session",
] as const

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "4" },
    jobs: { type: "string", default: "300" },
    runs: { type: "string", default: "10" },
    every: { type: "string", default: "30" },
    keep: { type: "string", default: keep_days },
    help: { type: "boolean", default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)

type Client = ReturnType<typeof createClient>

const flow = `name: small
tasks:
  first: { uses: noop }
  left: { uses: noop, needs: [first] }
  right: { uses: noop, needs: [first] }
  last: { uses: noop, needs: [left, right] }
`

type Load = { jobs: number; runs: number; refused: number }

/** So many a second, whatever the platform makes of it. */
const drive = async (client: Client, end: AbortSignal): Promise<Load> => {
  const load: Load = { jobs: 0, runs: 0, refused: 0 }
  const pending = new Set<Promise<void>>()
  const begin_ms = performance.now()
  const [jobs_a_second, runs_a_second] = [Number(values.jobs), Number(values.runs)]
  const send = (work: Promise<unknown>) => {
    const one = work
      .then(() => undefined)
      .catch(() => {
        load.refused += 1
      })
      .finally(() => pending.delete(one))
    pending.add(one)
  }
  while (!end.aborted) {
    const elapsed_s = (performance.now() - begin_ms) / 1_000
    const jobs = Math.min(1_000, Math.floor(elapsed_s * jobs_a_second) - load.jobs)
    if (jobs > 0) send(client.jobs.createMany(Array.from({ length: jobs }, () => ({ type: "noop" }))))
    load.jobs += Math.max(0, jobs)
    const runs = Math.min(50, Math.floor(elapsed_s * runs_a_second) - load.runs)
    for (let count = 0; count < runs; count += 1) send(client.runs.start({ workflow: "small" }))
    load.runs += Math.max(0, runs)
    await Bun.sleep(tick_ms)
  }
  await Promise.all(pending)
  return load
}

type Size = {
  readonly name: string
  readonly heap: number
  readonly indexes: number
  readonly live: number
  readonly dead: number
}

const sizesIn = (database: Database): Promise<readonly Size[]> =>
  database.run(
    (sql) => sql<Size>`
      select relname as name, pg_table_size(relid)::float8 as heap, pg_indexes_size(relid)::float8 as indexes,
        n_live_tup::float8 as live, n_dead_tup::float8 as dead
      from pg_stat_user_tables where schemaname = 'scheduler'`,
  )

const holder = "old snapshot"

type Work = {
  readonly ended: number
  readonly waiting: number
  readonly held: boolean
  readonly p50_ms: number
  readonly p99_ms: number
}

/** Of what was claimed in the last seconds. */
const workIn = async (database: Database, seconds: number): Promise<Work> => {
  const [work] = await database.run(
    (sql) => sql<Work>`
      select count(*) filter (where finished_at is not null)::int as ended,
        (select count(*)::int from scheduler.ready) as waiting,
        exists (select from pg_stat_activity where application_name = ${holder} and backend_xmin is not null) as held,
        coalesce(percentile_cont(0.5) within group (order by extract(epoch from started_at - queued_at)) * 1000, 0)::float8 as p50_ms,
        coalesce(percentile_cont(0.99) within group (order by extract(epoch from started_at - queued_at)) * 1000, 0)::float8 as p99_ms
      from scheduler.task_run
      where queued_at > now() - ${seconds}::int * interval '1 second' and started_at is not null`,
    { tx_ms: minute_ms },
  )
  if (!work) throw new Error("counts have a row")
  return work
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

const heading = [
  "min",
  "snapshot",
  "ended/s",
  "waiting",
  "p50 ms",
  "p99 ms",
  ...tables.map((name) => `${name} MB (dead k)`),
]

const row = async (database: Database, about: { at_ms: number; seconds: number }) => {
  const [sizes, work] = [await sizesIn(database), await workIn(database, about.seconds)]
  const cells = tables.map((name) => {
    const size = sizes.find((one) => one.name === name)
    if (!size) return "–"
    return `${megabytes(size.heap)}+${megabytes(size.indexes)} (${(size.dead / 1_000).toFixed(1)})`
  })
  const { ended, waiting, held, p50_ms, p99_ms } = work
  const rate = Math.round(ended / about.seconds)
  return [
    ...[(about.at_ms / minute_ms).toFixed(1), held ? "held" : "free", rate, waiting],
    ...[p50_ms.toFixed(1), p99_ms.toFixed(1), ...cells],
  ].join(" | ")
}

/** Sees the database as it is now until it is let go, and so keeps every row that anybody removes or changes. */
const holdSnapshot = async (database: Database, until: Promise<void>): Promise<void> => {
  await database.tx(
    async (sql) => {
      await sql`set transaction isolation level repeatable read`
      await sql`select count(*) from scheduler.run`
      await until
    },
    { tx_ms: day_ms },
  )
}

const soak = async (folder: string): Promise<void> => {
  const platform = await startEmbeddedPlatform({
    ...{ data: join(folder, "data"), home: folder },
    environment: { WF_KEEP_RUNS_DAYS: values.keep, WF_LOG_LEVEL: "warn" },
  })
  const database = platform.openDatabase("soak")
  const old = platform.openDatabase(holder, day_ms)
  const client = createClient({ url: platform.part.address.url, token: platform.token })
  const [end, letGo] = [new AbortController(), Promise.withResolvers<void>()]
  try {
    await client.workflows.push(flow)
    const held = holdSnapshot(old, letGo.promise)
    const load = drive(client, end.signal)
    const [total_ms, seconds] = [Number(values.minutes) * minute_ms, Number(values.every)]
    print(heading.join(" | "))
    for (let at_ms = seconds * 1_000; at_ms <= total_ms; at_ms += seconds * 1_000) {
      await Bun.sleep(seconds * 1_000)
      print(await row(database, { at_ms, seconds }))
      if (at_ms >= total_ms / 2) letGo.resolve()
    }
    end.abort()
    print(JSON.stringify(await load))
    await held
  } finally {
    letGo.resolve()
    await old.close()
    await database.close()
    await platform.part.stop()
  }
}

if (values.help) print(usage)
else {
  const folder = mkdtempSync(join(tmpdir(), "wf-soak-"))
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(folder, 0o711)
  try {
    await soak(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
