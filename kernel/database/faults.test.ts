import { afterAll, afterEach, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import type { Database } from "./database.ts"
import { readPostmaster } from "./embedded/postmaster.ts"
import { type Embedded, startEmbedded } from "./embedded/start.ts"
import { openDatabase, type PoolOptions } from "./open.ts"

const data = mkdtempSync(join(tmpdir(), "wf-faults-"))
let server: Embedded
let beside: Database
const uncaught: unknown[] = []
const note = (error: unknown) => uncaught.push(error)

const open = (application_name: string, options: Partial<PoolOptions> = {}) =>
  openDatabase({ url: server.url, schema: "public", application_name, log: silentLog, ...options })

beforeAll(async () => {
  process.on("uncaughtException", note)
  process.on("unhandledRejection", note)
  // The faults here end processes, not the machine, so the disk need not be waited for.
  const settings = { fsync: "off", shared_buffers: "32MB" }
  server = await startEmbedded({ data, log: silentLog, settings })
  beside = open("beside", { max_sessions: 2 })
  await beside.run((sql) => sql.script("create table mark (tx text, part int)"))
})

afterEach(() => {
  expect(uncaught.splice(0)).toEqual([])
})

afterAll(async () => {
  await beside.close()
  await server.stop()
  process.off("uncaughtException", note)
  process.off("unhandledRejection", note)
  rmSync(data, { recursive: true, force: true })
})

const marks_per_tx = 3

type Outcome = "acked" | "failed" | "unknown"

const outcomeOf = async (work: Promise<unknown>): Promise<Outcome> => {
  try {
    await work
    return "acked"
  } catch (error) {
    if (error instanceof Problem && error.code === "platform.unknown_outcome") return "unknown"
    return "failed"
  }
}

/** Many at once: whole transactions, ones that give up, ones that carry much, and single statements between. */
const startLoad = (database: Database, name: string) => {
  const outcomes = new Map<string, Outcome>()
  const followed = new Set<string>()
  const counts = { acked: 0, failed: 0, unknown: 0 }
  let going = true

  const one = async (tx: string, kind: number) => {
    const bulk = kind === 3 ? "x".repeat(150_000) : ""
    if (kind === 4) {
      return database.run(
        (sql) => sql`insert into mark select ${tx}, part from generate_series(1, ${marks_per_tx}::int) part`,
      )
    }
    // Nothing is waited for: BEGIN, statements and COMMIT are all under way at once, or one statement stands alone.
    if (kind === 5 || kind === 6) {
      const first = kind === 5 ? 2 : 1
      return database.tx(
        async (sql) => {
          sql.afterCommit(() => followed.add(tx))
          if (kind === 5) sql`insert into mark values (${tx}, 1)`
          sql.last`insert into mark select ${tx}, part from generate_series(${first}::int, ${marks_per_tx}::int) part`
        },
        { begins_late: true },
      )
    }
    return database.tx(async (sql) => {
      sql.afterCommit(() => followed.add(tx))
      for (let part = 1; part <= marks_per_tx; part += 1) await sql`insert into mark values (${tx}, ${part})`
      if (bulk) await sql`select length(${bulk})`
      if (kind === 1) await sql`select 1 / 0`.catch(() => undefined)
      if (kind === 2) throw new Error("changed its mind")
    })
  }

  const worker = async (number: number) => {
    for (let round = 0; going; round += 1) {
      const tx = `${name} ${number} ${round}`
      const outcome = await outcomeOf(one(tx, (number + round) % 8))
      outcomes.set(tx, outcome)
      counts[outcome] += 1
    }
  }
  const workers = Array.from({ length: 60 }, (_, number) => worker(number))
  return {
    counts,
    outcomes,
    followed,
    async stop() {
      going = false
      await Promise.all(workers)
    },
  }
}

type Load = ReturnType<typeof startLoad>

/** Acked ones are there in full, failed ones not at all, unknown ones either way but never in part. */
const expectAtomic = async (load: Load, name: string) => {
  const rows = await beside.run(
    (sql) => sql<{ tx: string; n: number }>`
      select tx, count(*)::int n from mark where tx like ${`${name} %`} group by tx`,
  )
  const found = new Map(rows.map(({ tx, n }) => [tx, n]))
  const wrong: string[] = []
  for (const [tx, outcome] of load.outcomes) {
    const n = found.get(tx) ?? 0
    const allowed = outcome === "acked" ? [marks_per_tx] : outcome === "failed" ? [0] : [0, marks_per_tx]
    if (!allowed.includes(n)) wrong.push(`${tx} ${outcome} has ${n}`)
    if (outcome !== "acked" && load.followed.has(tx))
      wrong.push(`${tx} ${outcome}, yet what follows a commit ran`)
  }
  for (const tx of found.keys()) if (!load.outcomes.has(tx)) wrong.push(`${tx} has no outcome`)
  expect(wrong).toEqual([])
  expect(load.counts.acked).toBeGreaterThan(0)
}

const moreAcked = async (load: Load, more: number): Promise<void> => {
  const target = load.counts.acked + more
  await until(`${more} more transactions are through`, () => load.counts.acked >= target)
}

const backendOf = async (application: string): Promise<number | undefined> => {
  const rows = await beside.run(
    (sql) => sql<{ pid: number }>`
      select pid from pg_stat_activity where application_name = ${application} and state <> 'idle'
      order by random() limit 1`,
  )
  return rows[0]?.pid
}

const patient = { wait_ms: 10_000, max_sessions: 8 }

test("terminated backends lose nothing acked and leave nothing in part", async () => {
  const database = open("terminated", patient)
  const load = startLoad(database, "terminated")
  for (let time = 0; time < 50; time += 1) {
    await moreAcked(load, 20)
    const pid = await backendOf("terminated")
    if (pid) await beside.run((sql) => sql`select pg_terminate_backend(${pid}::int)`)
  }
  await moreAcked(load, 20)
  await load.stop()
  await expectAtomic(load, "terminated")
  await database.close()
})

test("a backend killed outright, which takes all others down, leaves nothing in part", async () => {
  const database = open("killed", patient)
  const load = startLoad(database, "killed")
  for (let time = 0; time < 2; time += 1) {
    await moreAcked(load, 300)
    const pid = await backendOf("killed")
    if (pid) process.kill(pid, "SIGKILL")
    // The one beside was taken down too; it comes back by itself.
    await until(
      "the server recovered",
      async () => (await outcomeOf(beside.run((sql) => sql`select 1`))) === "acked",
    )
  }
  await moreAcked(load, 50)
  await load.stop()
  await expectAtomic(load, "killed")
  await database.close()
})

test("the whole server killed and brought back leaves nothing in part", async () => {
  const database = open("server", patient)
  const load = startLoad(database, "server")
  await moreAcked(load, 300)
  const pid = readPostmaster(server.cluster)?.pid ?? 0
  process.kill(pid, "SIGKILL")
  await until("PostgreSQL was brought back", () => {
    const now = readPostmaster(server.cluster)
    return now !== undefined && now.pid !== pid && now.ready
  })
  await moreAcked(load, 50)
  await load.stop()
  await expectAtomic(load, "server")
  await database.close()
})

test("a frozen backend is given up at the deadline, and its transaction is not done", async () => {
  const database = open("frozen", { max_sessions: 1, tx_ms: 400 })
  let pid = 0
  const frozen = database.tx(async (sql) => {
    pid = (await sql<{ pid: number }>`select pg_backend_pid() pid`)[0]?.pid ?? 0
    await sql`insert into mark values ('frozen', 1)`
    process.kill(pid, "SIGSTOP")
    await sql`insert into mark values ('frozen', 2)`
  })
  expect(await outcomeOf(frozen)).toBe("failed")
  expect(await database.run((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  process.kill(pid, "SIGCONT")
  await until("the frozen one ended", async () => {
    const left = await beside.run((sql) => sql`select 1 from pg_stat_activity where pid = ${pid}::int`)
    return left.length === 0
  })
  expect(await beside.run((sql) => sql`select 1 from mark where tx = 'frozen'`)).toEqual([])
  await database.close()
})

test("a backend frozen at its commit has an unknown outcome", async () => {
  const database = open("unsure", { max_sessions: 1, tx_ms: 400 })
  let pid = 0
  let followed = false
  const unsure = database.tx(async (sql) => {
    sql.afterCommit(() => {
      followed = true
    })
    pid = (await sql<{ pid: number }>`select pg_backend_pid() pid`)[0]?.pid ?? 0
    await sql`insert into mark values ('unsure', 1)`
    process.kill(pid, "SIGSTOP")
  })
  expect(await outcomeOf(unsure)).toBe("unknown")
  expect(followed).toBe(false)
  process.kill(pid, "SIGCONT")
  await database.close()
})

test("a transaction that idles past the server's timeout fails whole", async () => {
  const database = open("idle", { max_sessions: 1, tx_ms: 300 })
  const idle = database.tx(async (sql) => {
    await sql`insert into mark values ('idle', 1)`
    await new Promise(() => undefined)
  })
  expect(await outcomeOf(idle)).toBe("failed")
  expect(await beside.run((sql) => sql`select 1 from mark where tx = 'idle'`)).toEqual([])
  await database.close()
})
