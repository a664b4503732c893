import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Caller } from "#kernel/audit/caller.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import { signedBlobs } from "#kernel/blob/http.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import type { ArtifactStore } from "./store.ts"

export type GivenStore = ArtifactStore & {
  readonly folder: string
  /** What somebody with a link does. */
  follow(url: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** A store on a database and a folder of its own; the scheduler it would ask knows every run, and of no earlier ones. */
export const givenStore = async (
  more: Partial<Pick<ArtifactStore, "originsOf" | "goneRuns" | "quota_bytes">> = {},
): Promise<GivenStore> => {
  const folder = mkdtempSync(join(tmpdir(), "wf-artifact-"))
  const migrations = migrationsOf(new URL("./migrations", import.meta.url).pathname)
  const database = await testDatabase({ schema: "artifact", migrations })
  const key = platformKey(Buffer.alloc(32, 7).toString("base64"))
  const blob = folderBlob({ folder, key, url: "http://localhost", now: () => new Date() })
  const links = signedBlobs({ blob, key, now: () => new Date(), max_bytes: 1_000 })
  return {
    follow: async (url, init) => links.fetch(new Request(url, init)),
    ...{
      folder,
      database,
      blob,
      kit: systemKit(),
      log: silentLog,
      max_bytes: 1_000,
      quota_bytes: 1_000_000,
      max_keep_days: 30,
    },
    checkRun: () => Promise.resolve(),
    originsOf: () => Promise.resolve([]),
    goneRuns: () => Promise.resolve([]),
    ...more,
    async close() {
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Somebody of a workspace of their own. */
export const givenCaller = (role: Role = "developer"): Caller => {
  const user_id = crypto.randomUUID()
  return {
    ...{ kind: "user", user_id, email: "ada@example.test", role, grant_id: user_id },
    ...{ workspace_id: crypto.randomUUID(), origin: { device: "wf/1", address: "192.0.2.7" } },
  }
}
