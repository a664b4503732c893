import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { flag, type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { detached } from "../../platform.ts"

const platform = new URL("../../../services/all/main.ts", import.meta.url).pathname

/** Becomes the platform's process: there is one, and it is the one the user stops. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  if (!existsSync(platform)) {
    throw new Failure(
      exit_codes.usage,
      "This is the client alone. The platform comes with a checkout (`./wf up`) or with the npm package.",
    )
  }
  const data = text(options, "data") ?? "./.wf"
  if (data === "") throw new Failure(exit_codes.usage, "--data takes a folder, like `--data ./.wf`.")
  const port = text(options, "port") ?? "4400"
  const words = [`--data=${resolve(data)}`, `--port=${port}`, ...(flag(options, "json") ? ["--json"] : [])]
  if (flag(options, "detach")) return detached({ platform, words, data: resolve(data) }, io)
  process.execve?.(process.execPath, [process.execPath, platform, ...words], environmentOf(io))
  throw new Failure(exit_codes.failed, "The platform's process could not be started.")
}

const environmentOf = (io: Io): Record<string, string> =>
  Object.fromEntries(
    Object.entries(io.environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
