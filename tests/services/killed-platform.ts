import { afterAll, beforeAll } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Client, createClient } from "#sdk/index.ts"
import { type EmbeddedPlatform, startEmbeddedPlatform } from "#tests/chaos/embedded-platform.ts"

type Killed = { readonly home: string; readonly it: EmbeddedPlatform; readonly client: Client }

/** A platform for the tests of a file, which they kill and start again. */
export const killedPlatform = (): (() => Killed) => {
  let killed: Killed | undefined
  beforeAll(async () => {
    const home = mkdtempSync(join(tmpdir(), "wf-killed-"))
    // PostgreSQL, which root runs as somebody else, has to get through.
    chmodSync(home, 0o711)
    const it = await startEmbeddedPlatform({ data: join(home, "data"), home })
    killed = { home, it, client: createClient({ url: it.part.address.url, token: it.token }) }
  }, 120_000)
  afterAll(async () => {
    await killed?.it.part.stop()
    if (killed) rmSync(killed.home, { recursive: true, force: true })
  })
  return () => {
    if (!killed) throw new Error("the platform has not started")
    return killed
  }
}
