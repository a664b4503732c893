import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly url: string
    readonly token: string
  }
}

const main = new URL("../../services/all/main.ts", import.meta.url).pathname

/** A platform of Bun's for all files. It ends when its stdin does, so also when these tests are killed. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const home = mkdtempSync(join(tmpdir(), "wf-node-"))
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(home, 0o711)
  const data = join(home, "data")
  const words = [main, "--data", data, "--port", "0", "--attached"]
  const child = spawn(process.env.WF_BUN ?? "bun", words, { stdio: ["pipe", "pipe", "inherit"] })
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", () => resolve())
  })
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([new Promise<string>((resolve) => lines.once("line", resolve)), ended])
  if (first === undefined) throw new Error(`the platform did not start (exit code ${child.exitCode})`)
  project.provide("url", first)
  project.provide("token", readFileSync(join(data, "token"), "utf8").trim())
  return async () => {
    child.stdin.end()
    await ended
    rmSync(home, { recursive: true, force: true })
  }
}
