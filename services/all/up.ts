import { existsSync } from "node:fs"
import { getuid } from "node:process"
import { ConfigError, config_exit_code, type Environment } from "#kernel/config/config.ts"
import { type ProfileFile, profileFile } from "#kernel/config/profiles.ts"
import { EmbeddedRefusal } from "#kernel/database/embedded/refusal.ts"
import { MigrationRefused } from "#kernel/database/migrate.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { exportSpans } from "#kernel/telemetry/exporter.ts"
import { createLog } from "#kernel/telemetry/log.ts"
import { type DataFolder, dataFolder } from "./files.ts"
import { type RunningPlatform, startPlatform } from "./platform.ts"
import { choosePort, portTaken } from "./ports.ts"
import { UpRefusal, up_codes } from "./refusal.ts"

export type UpOptions = {
  readonly data: string
  readonly port: number
  readonly json: boolean
  /** For a platform that belongs to another program: no profile, no words. */
  readonly attached: boolean
  /** Nobody's terminal is its own, so no Ctrl-C ends it. */
  readonly detached: boolean
  readonly environment: Environment
}

export type Voice = { readonly print: (line: string) => void; readonly say: (text: string) => void }

const host = "127.0.0.1"
const live_ms = 10_000

/** Starts the platform, or finds it running already. Answers what stops it, if there is something to stop. */
export const up = async (options: UpOptions, voice: Voice): Promise<RunningPlatform | undefined> => {
  const folder = dataFolder(options.data)
  const running = await runningAt(folder)
  if (running !== undefined) {
    announce(options, voice, running)
    return undefined
  }
  const port = await choosePort(host, options.port, systemKit().random)
  const log = createLog({
    service: "wf",
    level: options.environment.WF_LOG_LEVEL ?? "info",
    destination: folder.log,
  })
  const { WF_OTLP_URL } = options.environment
  const flushSpans = WF_OTLP_URL ? exportSpans(WF_OTLP_URL, "all") : () => Promise.resolve()
  const environment = { WF_WORKER_FOLDER: `${folder.path}/worker`, ...options.environment }
  const key = folder.key()
  const wanted = { data: folder.path, host, port, key, environment, log }
  const platform = await startPlatform(wanted).catch((error: unknown) => {
    log.error({ event: "platform.not_started", error })
    throw refusalOf(error, port, folder)
  })
  if (folder.token() === undefined) folder.writeToken(await platform.ownerToken())
  folder.announce(platform.url)
  // Whoever waits for a detached one is done at its URL, so that comes last there.
  const words = options.attached ? undefined : welcome(platform, folder, options)
  if (words !== undefined && options.detached) voice.say(words)
  announce(options, voice, platform.url)
  if (words !== undefined && !options.detached) voice.say(words)
  return {
    ...platform,
    stop: async () => {
      folder.withdraw()
      await platform.stop()
      await flushSpans()
      folder.leave()
    },
  }
}

/** Whoever holds the folder and answers at its address is the platform we would start. */
const runningAt = async (folder: DataFolder): Promise<string | undefined> => {
  const url = folder.url()
  if (url === undefined) return undefined
  const answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(live_ms) }).catch(
    () => undefined,
  )
  return answer?.ok && folder.isHeld() ? url : undefined
}

/** What is said of a start that failed; the log has the rest. */
const refusalOf = (error: unknown, port: number, { log }: DataFolder): UpRefusal => {
  if (error instanceof UpRefusal) return error
  if (error instanceof ConfigError) return new UpRefusal(config_exit_code, error.message)
  if (error instanceof EmbeddedRefusal || error instanceof MigrationRefused)
    return new UpRefusal(up_codes.conflict, error.message)
  const { code, message } = error as NodeJS.ErrnoException
  if (code === "EADDRINUSE") return portTaken(port, port)
  return new UpRefusal(up_codes.failed, `The platform could not be started: ${message}. More is in ${log}.`)
}

const announce = ({ json, data }: UpOptions, voice: Voice, url: string): void =>
  voice.print(json ? JSON.stringify({ url, data }) : url)

/** Becomes the current one only where there is none; answers which one that is. */
const writeProfile = (file: ProfileFile, url: string, folder: DataFolder): string => {
  const { current = "local", ...before } = file.read()
  const local = { url, token_file: folder.token_file }
  file.write({ ...before, current, profiles: { ...before.profiles, local } })
  return current
}

type Kept = { readonly current: string } | { readonly refused: string }

/** A home that can't be written, or a file of profiles that can't be read, is no reason not to be up. */
const keepProfile = (environment: Environment, url: string, folder: DataFolder): Kept => {
  try {
    return { current: writeProfile(profileFile(environment), url, folder) }
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

const root = new URL("../..", import.meta.url).pathname

/** How the command is called from here: a checkout has it in its folder, whatever was installed is in the PATH. */
const calledAs = (): string => {
  if (!existsSync(`${root}wf`)) return "wf"
  return `${process.cwd()}/` === root ? "./wf" : `${root}wf`
}

/** As it can be typed where this was. */
const nextCommand = (kept: Kept, url: string, { token_file }: DataFolder): string => {
  const called = calledAs()
  const command = `${called} run ${called === "./wf" ? "" : root}examples/hello.yml`
  if ("refused" in kept) return `WF_URL=${url} WF_TOKEN=$(cat ${token_file}) ${command}`
  return kept.current === "local" ? command : `${command} --profile local`
}

const welcome = (platform: RunningPlatform, folder: DataFolder, options: UpOptions): string => {
  const kept = keepProfile(options.environment, platform.url, folder)
  const elsewhere = platform.place === folder.path ? "" : `\n  database  ${platform.place}`
  const rights = getuid?.() === 0 ? "root" : "you"
  return [
    `wf is up at ${platform.url}`,
    `  data      ${folder.path}${elsewhere}`,
    `  log       ${folder.log}`,
    `  tasks     run as ${rights}, with all rights that ${rights === "you" ? "you have" : "root has"}`,
    ...("refused" in kept ? [`  profile   not kept: ${kept.refused}`] : []),
    "",
    "Next, in another terminal:",
    `  ${nextCommand(kept, platform.url, folder)}`,
    "",
    options.detached
      ? `\`${existsSync(`${root}wf`) ? "./wf" : "wf"} down --data ${folder.path}\` stops it.`
      : "Ctrl-C stops it.",
  ].join("\n")
}
