import { afterAll, beforeAll, expect, test } from "bun:test"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Database } from "#kernel/database/database.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import { collections } from "../collections.ts"
import { type GivenMetadata, givenMetadata, givenRun, reading, texts } from "../given.ts"

const disk = mkdtempSync(join(tmpdir(), "wf-full-"))
/** As PostgreSQL runs where root has started it. */
const nobody = 65_534

const mounted = (): boolean => {
  if (process.getuid?.() !== 0) return false
  return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=8m,mode=711", "tmpfs", disk]).exitCode === 0
}

const is_mounted = mounted()
if (!is_mounted) process.stderr.write("SKIPPED: a full disk, for want of root or of mounts\n")

let database: Database
let given: GivenMetadata

beforeAll(async () => {
  if (!is_mounted) return
  const folder = join(disk, "logs")
  mkdirSync(folder)
  chmodSync(disk, 0o711)
  chownSync(folder, nobody, nobody)
  database = await testDatabase({ schema: "metadata", max_sessions: 4 })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  await database.run((sql) => sql.script(`create tablespace small location '${folder}'`))
  await database.run((sql) => sql.script("alter table metadata.doc_log_chunk set tablespace small"))
  given = givenMetadata(documents)
})

afterAll(async () => {
  if (is_mounted) {
    await database.run((sql) => sql.script("drop table metadata.doc_log_chunk"))
    await database.run((sql) => sql.script("drop tablespace small"))
    await database.close()
    Bun.spawnSync(["umount", disk])
  }
  rmSync(disk, { recursive: true, force: true })
})

test.skipIf(!is_mounted)(
  "a full disk under logs is told to whoever follows, and once there is room all that is sent again is there",
  async () => {
    const run = givenRun(given)
    await run.started()
    const stream = reading(
      await given.get(`runs/${run.run_id}/logs?follow=true`, { accept: "application/x-ndjson" }),
    )
    const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(45_000))).toString("base64")
    let chunk = 0
    const fill = async () => {
      for (; chunk < 500; chunk += 1) await run.wrote(0, chunk, noise())
    }
    await expect(fill()).rejects.toThrow("disk where the platform keeps logs is full")
    await until("the follower is told", () => stream.lines.some(({ stream: name }) => name === "system"))
    expect(stream.lines.at(-1)).toMatchObject({ level: "error", text: expect.stringContaining("is full") })
    const stored = chunk
    expect(texts(stream.lines.slice(0, -1))).toHaveLength(stored)
    // Others' work goes on meanwhile, and reading does.
    await run.taskStarted(1)
    expect((await given.get(`runs/${run.run_id}/logs?tail=1`)).status).toBe(200)
    expect(Bun.spawnSync(["mount", "-o", "remount,size=64m", disk]).exitCode).toBe(0)
    await run.wrote(0, stored, "sent again")
    await run.wrote(0, stored, "sent again")
    await run.taskCompleted(0, stored + 1)
    await run.ended()
    const lines = await stream.ended
    expect(lines.at(-1)?.text).toBe("sent again")
    expect(lines.filter(({ stream: name }) => name === "system")).toHaveLength(1)
    expect(lines).toHaveLength(stored + 2)
  },
)
