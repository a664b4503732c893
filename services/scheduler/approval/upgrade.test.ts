import { expect, test } from "bun:test"
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { migrate } from "#kernel/database/migrate.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { workspace_id } from "../given.ts"

const folder = new URL("../migrations", import.meta.url).pathname

/** As a release from before the list of approvals has them. */
const older = (): string => {
  const copied = mkdtempSync(join(tmpdir(), "wf-older-"))
  for (const name of readdirSync(folder).filter((one) => one < "0011"))
    copyFileSync(join(folder, name), join(copied, name))
  return copied
}

test("what waited before there was a list is in it, and nothing else", async () => {
  const copied = older()
  const database = await testDatabase({ schema: "scheduler", migrations: migrationsOf(copied) })
  const insert = (id: string, status: string, what: string) =>
    database.run(
      (sql) => sql`
        insert into scheduler.task_run (id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries, wait)
        values (${id}::text::uuid, 0, ${workspace_id}::text::uuid, 'ask', 'approval', ${status}, 'default', 'process', 0, 0,
          json_build_object('for', ${what}::text))`,
    )
  const [waiting, decided, asleep] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  await insert(waiting, "waiting", "approval")
  await insert(decided, "completed", "approval")
  await insert(asleep, "waiting", "sleep")
  await migrate({ database, sources: migrationsOf(folder), log: silentLog })
  const found = await database.run(
    (sql) => sql<{ task_run_id: string }>`select task_run_id from scheduler.approval`,
  )
  expect(found.map(({ task_run_id }) => task_run_id)).toEqual([waiting])
  await database.close()
  rmSync(copied, { recursive: true })
})
