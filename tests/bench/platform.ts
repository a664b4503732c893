import { readFileSync } from "node:fs"
import { join } from "node:path"
import { withBunSettings } from "#kernel/config/bun-settings.ts"
import { linesOf } from "#sdk/streams.ts"

const root = join(import.meta.dir, "../..")

export type Target = {
  readonly url: string
  readonly token: string
  /** The process whose family is the platform. */
  readonly pid: number
}

export type Started = Target & {
  /** What it said when it ended by itself. */
  lastWords(): string | undefined
  stop(): Promise<void>
}

const max_words_chars = 500

export type Start = {
  readonly folder: string
  readonly port: number
  /** A process per service on Kafka, instead of one for all. */
  readonly distributed: boolean
  /** Where a profile of its processor time is put when it ends; embedded only. */
  readonly profile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

const wordsOf = ({ folder, port, distributed, profile }: Start): string[] => {
  const place = ["--data", join(folder, "data"), "--port", String(port)]
  if (profile !== undefined) {
    const profiled = ["--cpu-prof", "--cpu-prof-md", `--cpu-prof-dir=${profile}`]
    return [process.execPath, ...profiled, join(root, "services/all/main.ts"), ...place]
  }
  return distributed
    ? [process.execPath, join(root, "deploy/stack/main.ts"), ...place, "--until-eof"]
    : ["/bin/sh", join(root, "wf"), "up", ...place]
}

/** A fresh platform, started as anybody starts it. */
export const startPlatform = async (start: Start): Promise<Started> => {
  const { folder, profile } = start
  // A profile is of the platform itself, which nobody else sets up then.
  const environment = profile === undefined ? start.environment : withBunSettings(start.environment)
  const child = Bun.spawn(wordsOf(start), {
    cwd: root,
    // Whoever measures keeps their own profiles.
    env: { ...environment, XDG_CONFIG_HOME: join(folder, "config") },
    stdin: "pipe",
    stdout: "pipe",
    stderr: Bun.file(join(folder, "platform.err")),
    detached: true,
  })
  const stop = async () => {
    child.kill("SIGTERM")
    await child.exited
  }
  const said = () => readFileSync(join(folder, "platform.err"), "utf8").slice(-max_words_chars)
  const lastWords = () =>
    child.exitCode === null && child.signalCode === null
      ? undefined
      : `the platform ended with ${child.signalCode ?? child.exitCode}: ${said()}`
  for await (const line of linesOf(child.stdout)) {
    if (!start.distributed) {
      const token = readFileSync(join(folder, "data/token"), "utf8").trim()
      return { url: line, token, pid: child.pid, lastWords, stop }
    }
    const { url, token } = JSON.parse(line) as { url: string; token: string }
    return { url, token, pid: child.pid, lastWords, stop }
  }
  throw new Error(`the platform did not start: ${said()}`)
}
