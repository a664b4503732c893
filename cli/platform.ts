import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { isAlive } from "#kernel/config/alive.ts"
import { isFolderHeld } from "#kernel/config/folder-lock.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

export type PlatformProcess = {
  readonly platform: string
  readonly words: readonly string[]
  readonly data: string
}

const start_ms = 120_000
const look_ms = 50

/** Starts the platform in the background; its words go to a file, and its first line is the URL. */
export const detached = async ({ platform, words, data }: PlatformProcess, io: Io): Promise<number> => {
  mkdirSync(data, { recursive: true, mode: 0o711 })
  const paths = { out: join(data, "up.out"), err: join(data, "up.err") }
  const out = openSync(paths.out, "w", 0o600)
  const err = openSync(paths.err, "w", 0o600)
  const child = Bun.spawn([process.execPath, platform, ...words, "--detached"], {
    stdin: "ignore",
    stdout: out,
    stderr: err,
    detached: true,
  })
  closeSync(out)
  closeSync(err)
  const until_ms = performance.now() + start_ms
  while (performance.now() < until_ms) {
    const printed = readFileSync(paths.out, "utf8")
    if (printed.includes("\n")) {
      const said = readFileSync(paths.err, "utf8").trim()
      io.out(printed.trim())
      if (said !== "") io.note(said)
      child.unref()
      return exit_codes.done
    }
    if (child.exitCode !== null) {
      io.note(readFileSync(paths.err, "utf8").trim())
      return child.exitCode
    }
    await wait(look_ms)
  }
  child.kill("SIGTERM")
  throw new Failure(
    exit_codes.timed_out,
    `The platform was not ready after ${start_ms / 1000} s; see ${join(data, "log")}.`,
  )
}

const read = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, "utf8").trim() : undefined

/** The process that runs on a data folder, if there is one. */
export const processOf = (data: string): number | undefined => {
  const process_id = Number(read(join(data, "pid")) ?? 0)
  return process_id > 0 && isAlive(process_id) && isFolderHeld(data) ? process_id : undefined
}
