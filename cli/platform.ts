import { spawn } from "node:child_process"
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { isAlive } from "#kernel/config/alive.ts"
import { withBunSettings } from "#kernel/config/bun-settings.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { bunFor } from "./installed.ts"
import type { Io } from "./io.ts"

type Words = readonly [program: string, ...rest: string[]]

type PlatformProcess = { readonly words: Words; readonly data: string }

const start_ms = 120_000
const look_ms = 50

const passed_on = ["SIGINT", "SIGTERM", "SIGHUP"] as const

const environmentOf = ({ environment }: Io): Record<string, string> =>
  Object.fromEntries(
    Object.entries(withBunSettings(environment)).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )

/** Becomes that process where this one can: there is one then, and it is the one the user stops. Else it ends with it. */
export const become = async ([program, ...rest]: Words, io: Io): Promise<number> => {
  const environment = environmentOf(io)
  if (process.versions.bun !== undefined) process.execve?.(program, [program, ...rest], environment)
  const child = spawn(program, rest, { stdio: "inherit", env: environment })
  for (const signal of passed_on) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? exit_codes.failed))
  })
}

/** The same command once more, by Bun. */
export const again = (what: string, io: Io): Promise<number> =>
  become([bunFor(what, io), ...process.argv.slice(1)], io)

/** Starts the platform in the background; its words go to a file, and its first line is the URL. */
export const detached = async ({ words, data }: PlatformProcess, io: Io): Promise<number> => {
  mkdirSync(data, { recursive: true, mode: 0o711 })
  const paths = { out: join(data, "up.out"), err: join(data, "up.err") }
  const out = openSync(paths.out, "w", 0o600)
  const err = openSync(paths.err, "w", 0o600)
  const [program, ...rest] = words
  const child = spawn(program, [...rest, "--detached"], {
    stdio: ["ignore", out, err],
    env: environmentOf(io),
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

/** Only Bun can ask; elsewhere a process of that number has to do. */
const lock = process.versions.bun === undefined ? undefined : await import("#kernel/config/folder-lock.ts")

/** The process that runs on a data folder, if there is one. */
export const processOf = (data: string): number | undefined => {
  const process_id = Number(read(join(data, "pid")) ?? 0)
  return process_id > 0 && isAlive(process_id) && (lock?.isFolderHeld(data) ?? true) ? process_id : undefined
}
