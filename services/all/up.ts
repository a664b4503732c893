import { getuid } from "node:process"
import { ConfigError, config_exit_code, type Environment } from "#kernel/config/config.ts"
import { type ProfileFile, profileFile } from "#kernel/config/profiles.ts"
import { EmbeddedRefusal } from "#kernel/database/embedded/refusal.ts"
import { MigrationRefused } from "#kernel/database/migrate.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { createLog } from "#kernel/telemetry/log.ts"
import { type DataFolder, dataFolder } from "./files.ts"
import { type RunningPlatform, startPlatform } from "./platform.ts"
import { choosePort } from "./ports.ts"
import { UpRefusal } from "./refusal.ts"

export type UpOptions = {
  readonly data: string
  readonly port: number
  readonly json: boolean
  /** For a platform that belongs to another program: no profile, no words. */
  readonly attached: boolean
  readonly environment: Environment
}

export type Voice = { readonly print: (line: string) => void; readonly say: (text: string) => void }

const host = "127.0.0.1"
const conflict = 6

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
  const environment = { WF_WORKER_FOLDER: `${folder.path}/worker`, ...options.environment }
  const key = folder.key()
  const platform = await startPlatform({ data: folder.path, host, port, key, environment, log }).catch(
    refused,
  )
  if (folder.token() === undefined) folder.writeToken(await platform.ownerToken())
  folder.announce(platform.url)
  if (!options.attached) writeProfile(profileFile(options.environment), platform.url, folder)
  announce(options, voice, platform.url)
  if (!options.attached) voice.say(welcome(platform, folder))
  return {
    ...platform,
    stop: async () => {
      folder.withdraw()
      await platform.stop()
    },
  }
}

/** Whoever holds the folder and answers at its address is the platform we would start. */
const runningAt = async (folder: DataFolder): Promise<string | undefined> => {
  const url = folder.url()
  if (url === undefined) return undefined
  const answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  )
  return answer?.ok && folder.isHeld() ? url : undefined
}

const refused = (error: unknown): never => {
  if (error instanceof ConfigError) throw new UpRefusal(config_exit_code, error.message)
  if (error instanceof EmbeddedRefusal || error instanceof MigrationRefused)
    throw new UpRefusal(conflict, error.message)
  throw error
}

const announce = ({ json, data }: UpOptions, voice: Voice, url: string): void =>
  voice.print(json ? JSON.stringify({ url, data }) : url)

/** Becomes the current one only where there is none. */
const writeProfile = (file: ProfileFile, url: string, folder: DataFolder): void => {
  const { current, profiles } = file.read()
  const local = { url, token_file: folder.token_file }
  file.write({ current: current ?? "local", profiles: { ...profiles, local } })
}

const welcome = (platform: RunningPlatform, folder: DataFolder): string => {
  const elsewhere = platform.place === folder.path ? "" : `\n  database  ${platform.place}`
  const rights = getuid?.() === 0 ? "root" : "you"
  return [
    `wf is up at ${platform.url}`,
    `  data      ${folder.path}${elsewhere}`,
    `  log       ${folder.log}`,
    `  tasks     run as ${rights}, with all rights that ${rights === "you" ? "you have" : "root has"}`,
    "",
    "Next, in another terminal:",
    "  ./wf run examples/hello.yml",
    "",
    "Ctrl-C stops it.",
  ].join("\n")
}
