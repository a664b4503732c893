import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { silentLog } from "#kernel/telemetry/log.ts"
import { type FreshDatabase, freshDatabase } from "#kernel/testing/database.ts"
import type { Database } from "./database.ts"
import { migrate } from "./migrate.ts"
import { openPool, type Pool } from "./open.ts"

const root = mkdtempSync(join(tmpdir(), "wf-migrate-"))
let fresh: FreshDatabase
let pool: Pool
let database: Database
let number = 0

beforeAll(async () => {
  fresh = await freshDatabase()
  pool = openPool({ url: fresh.url, application_name: "migrate", log: silentLog })
})

beforeEach(() => {
  number += 1
  database = pool.database(`service_${number}`)
})

afterAll(async () => {
  await pool.close()
  await fresh.drop()
  rmSync(root, { recursive: true })
})

/** A release: the migrations that its code knows. */
const release = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(root, "release-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const apply = (path: string, prefix = "") =>
  migrate({ database, sources: [{ prefix, path }], log: silentLog })

const recorded = () =>
  database.run((sql) =>
    sql.statement<{ number: number; name: string; oldest_reader: number }>(
      `select number, name, oldest_reader from ${sql.schema}.migration order by applied_at, number`,
      [],
    ),
  )

const first = { "0001_things.sql": "create table thing (id int);\ncreate index thing_id on thing (id);\n" }
const second = { ...first, "0002_more.sql": "alter table thing add column more text;" }

test("migrations run in order, into the service's schema, and are recorded", async () => {
  await apply(release(second))
  await apply(release(second))
  expect(await recorded()).toEqual([
    { number: 1, name: "things", oldest_reader: 0 },
    { number: 2, name: "more", oldest_reader: 0 },
  ])
  const rows = await database.run((sql) => sql.statement(`select id, more from ${sql.schema}.thing`, []))
  expect(rows).toEqual([])
})

test("starters at the same instant run each migration once", async () => {
  const slow = { ...second, "0003_slow.sql": "select pg_sleep(0.05); insert into thing values (1);" }
  const path = release(slow)
  await Promise.all(Array.from({ length: 6 }, () => apply(path)))
  const rows = await database.run((sql) => sql.statement(`select id from ${sql.schema}.thing`, []))
  expect(rows).toEqual([{ id: 1 }])
  expect((await recorded()).length).toBe(3)
})

test("a migration that fails leaves nothing of itself behind", async () => {
  const broken = release({ ...first, "0002_broken.sql": "create table half (id int); select 1 / 0;" })
  await expect(apply(broken)).rejects.toThrow("division by zero")
  await apply(release(first))
  expect((await recorded()).length).toBe(1)
  await apply(release({ ...first, "0002_whole.sql": "create table half (id int);" }))
})

test("the kernel's tables are counted apart from the service's own", async () => {
  const tables = join(release({ "tables.sql": "create table outbox (id int);" }), "tables.sql")
  const sources = [
    { prefix: "kernel/outbox/", path: tables },
    { prefix: "", path: release(first) },
  ]
  await migrate({ database, sources, log: silentLog })
  await migrate({ database, sources, log: silentLog })
  expect(await recorded()).toEqual([
    { number: 1, name: "kernel/outbox/tables", oldest_reader: 0 },
    { number: 1, name: "things", oldest_reader: 0 },
  ])
})

test("a migration that was changed after it had been applied is refused", async () => {
  await apply(release(first))
  const changed = release({ "0001_things.sql": "create table thing (id bigint);" })
  await expect(apply(changed)).rejects.toThrow("was changed after it had been applied")
})

test("the release before still starts on the schema of the release after", async () => {
  await apply(release(second))
  await apply(release(first))
  const third = { ...second, "0003_later.sql": "-- oldest_reader: 2\nalter table thing drop column more;" }
  await apply(release(third))
  await apply(release(second))
  expect((await recorded()).at(-1)).toEqual({ number: 3, name: "later", oldest_reader: 2 })
})

test("a release that can't read the schema any more is refused, and told what to do", async () => {
  await apply(
    release({ ...second, "0003_later.sql": "-- oldest_reader: 2\nalter table thing rename more to most;" }),
  )
  await expect(apply(release(first))).rejects.toThrow(
    "(3 later), which needs code that knows migration 2; this release knows 1. Start that newer release",
  )
})

test("migrations that can't be right are refused before anything runs", async () => {
  const refused = (files: Readonly<Record<string, string>>) => apply(release(files))
  await expect(refused({ "0001_a.sql": "select 1; commit; select 2;\ncommit;" })).rejects.toThrow(
    "ends a transaction",
  )
  await expect(refused({ "0001_a.sql": "drop table thing" })).rejects.toThrow("oldest_reader")
  await expect(refused({ "0002_a.sql": "select 1" })).rejects.toThrow("is migration 1 of")
  await expect(refused({ "0001_a.sql": "", "0001_b.sql": "" })).rejects.toThrow("is migration 2 of")
  await expect(refused({ "0001_A.sql": "" })).rejects.toThrow("not named NNNN_name.sql")
  mkdirSync(join(root, "empty"))
  await apply(join(root, "empty"))
  expect(await recorded().catch(() => "no table")).toEqual([])
})
