import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { withBunSettings } from "#kernel/config/bun-settings.ts"
import { type Client, createClient } from "#sdk/client.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { platformCommand } from "./installed.ts"
import type { Io } from "./io.ts"

export type LocalPlatform = { readonly client: Client; stop(): Promise<void> }

/** A platform in a folder of its own, that lives as long as this command. */
export const localPlatform = async (io: Io): Promise<LocalPlatform> => {
  const [program, main] = platformCommand(io)
  const data = mkdtempSync(join(tmpdir(), "wf-local-"))
  io.note("Starting a platform for this run alone (`wf up` starts one that stays) …")
  const child = spawn(program, [main, "--data", data, "--port", "0", "--attached"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: withBunSettings(io.environment),
    detached: true,
  })
  const exited = new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject))
  const stop = async () => {
    child.kill("SIGTERM")
    await exited
    rmSync(data, { recursive: true, force: true })
  }
  for await (const url of createInterface({ input: child.stdout })) {
    const token = readFileSync(join(data, "token"), "utf8").trim()
    return { client: createClient({ url, token, fetch: io.fetch }), stop }
  }
  await stop()
  throw new Failure(exit_codes.failed, "The platform for this run did not start.")
}
