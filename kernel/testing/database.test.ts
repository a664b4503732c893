import { expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { testDatabase } from "./database.ts"

test("each test database is migrated, alone, and dropped when closed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wf-testing-"))
  writeFileSync(join(folder, "0001_thing.sql"), "create table thing (id int)")
  const options = { schema: "mine", migrations: [{ prefix: "", path: folder }] }
  const [one, two] = await Promise.all([testDatabase(options), testDatabase(options)])
  await one.tx((sql) => sql`insert into mine.thing values (1)`)
  expect(await two.run((sql) => sql`select id from mine.thing`)).toEqual([])
  const names = await one.run((sql) => sql<{ name: string }>`select current_database() as name`)
  await one.close()
  const left = await two.run((sql) => sql`select 1 from pg_database where datname = ${names[0]?.name ?? ""}`)
  expect(left).toEqual([])
  await two.close()
  rmSync(folder, { recursive: true })
})
