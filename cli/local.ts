import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Client, createClient } from "#sdk/client.ts"
import { linesOf } from "#sdk/streams.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

const platform = new URL("../services/all/main.ts", import.meta.url).pathname

export type LocalPlatform = { readonly client: Client; stop(): Promise<void> }

/** A platform in a folder of its own, that lives as long as this command. */
export const localPlatform = async (io: Io): Promise<LocalPlatform> => {
  const data = mkdtempSync(join(tmpdir(), "wf-local-"))
  io.note("Starting a platform for this run alone (`wf up` starts one that stays) …")
  const child = Bun.spawn([process.execPath, platform, "--data", data, "--port", "0", "--attached"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
    env: io.environment,
    detached: true,
  })
  const stop = async () => {
    child.kill("SIGTERM")
    await child.exited
    rmSync(data, { recursive: true, force: true })
  }
  for await (const url of linesOf(child.stdout)) {
    const token = readFileSync(join(data, "token"), "utf8").trim()
    return { client: createClient({ url, token, fetch: io.fetch }), stop }
  }
  await stop()
  throw new Failure(exit_codes.failed, "The platform for this run did not start.")
}
