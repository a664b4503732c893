import { resolve } from "node:path"
import { flag, type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { platformCommand } from "../../installed.ts"
import type { Io } from "../../io.ts"
import { become, detached } from "../../platform.ts"

/** Becomes the platform's process: there is one, and it is the one the user stops. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const platform = platformCommand(io)
  const data = text(options, "data") ?? "./.wf"
  if (data === "") throw new Failure(exit_codes.usage, "--data takes a folder, like `--data ./.wf`.")
  const port = text(options, "port") ?? "4400"
  const own = [`--data=${resolve(data)}`, `--port=${port}`, ...(flag(options, "json") ? ["--json"] : [])]
  const words = [...platform, ...own] as const
  if (flag(options, "detach")) return detached({ words, data: resolve(data) }, io)
  return become(words, io)
}
