import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Caller } from "#kernel/audit/caller.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import type { Database } from "#kernel/database/database.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { deedsIn } from "#kernel/testing/deeds.ts"
import type { ArtifactStore } from "../store.ts"
import { keepArtifact } from "./keep.ts"
import { removeArtifact } from "./remove.ts"
import { uploadArtifact } from "./upload.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-artifact-audit-"))
let database: Database
let store: ArtifactStore
let caller: Caller
beforeAll(async () => {
  const migrations = migrationsOf(new URL("../migrations", import.meta.url).pathname)
  database = await testDatabase({ schema: "artifact", migrations })
  const key = platformKey(Buffer.alloc(32, 7).toString("base64"))
  const blob = folderBlob({ folder, key, url: "http://localhost", now: () => new Date() })
  store = {
    ...{ database, blob, kit: systemKit(), log: silentLog, max_bytes: 1_000 },
    checkRun: () => Promise.resolve(),
    originsOf: () => Promise.resolve([]),
    goneRuns: () => Promise.resolve([]),
  }
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  const user_id = crypto.randomUUID()
  caller = {
    ...{ kind: "user", user_id, email: "ada@example.test", role: "developer", grant_id: user_id },
    workspace_id: crypto.randomUUID(),
    origin: { device: "wf/1", address: "192.0.2.7" },
  }
})

const body = (text: string) => new Blob([text]).stream()

const upload = (run_id: string, text: string) =>
  uploadArtifact(store)(caller, { run_id, name: "out.csv", content_type: undefined, body: body(text) })

const told = async () =>
  (await deedsIn(database, caller.workspace_id)).map(({ action, subject }) => `${action} ${subject.name}`)

test("a file that a person replaces or removes is told once, and one that is new or the same isn't", async () => {
  const run_id = crypto.randomUUID()
  await upload(run_id, "first")
  await upload(run_id, "first")
  expect(await told()).toEqual([])
  await upload(run_id, "second")
  await upload(run_id, "second")
  const wanted = { run_id, name: "out.csv" }
  await removeArtifact(store)(caller, wanted)
  expect(removeArtifact(store)(caller, wanted)).rejects.toMatchObject({ code: "artifact.not_found" })
  expect(await told()).toEqual(["artifact.replaced out.csv", "artifact.deleted out.csv"])
  expect((await deedsIn(database, caller.workspace_id))[0]).toMatchObject({
    ...{ address: "192.0.2.7", device: "wf/1", details: { run: run_id } },
    actor: { kind: "user", id: caller.user_id, email: caller.email, grant_id: caller.grant_id },
  })
})

test("what tasks do with their files, and what a person may not do, is not told", async () => {
  const { workspace_id } = caller
  const run_id = crypto.randomUUID()
  const kept = { workspace_id, run_id, task: "make", name: "out.csv", content_type: undefined }
  await keepArtifact(store)({ ...kept, attempt: 1, body: body("first") })
  await keepArtifact(store)({ ...kept, attempt: 2, body: body("second") })
  const viewer = { ...caller, role: "viewer" as const }
  expect(removeArtifact(store)(viewer, { run_id, name: "out.csv" })).rejects.toThrow()
  const stranger = { ...caller, workspace_id: crypto.randomUUID() }
  expect(removeArtifact(store)(stranger, { run_id, name: "out.csv" })).rejects.toMatchObject({
    code: "artifact.not_found",
  })
  expect(await told()).toEqual([])
})
