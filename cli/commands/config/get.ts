import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readSettingName } from "../../setting-name.ts"
import { settingsOf } from "../../settings.ts"

export const run = ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const setting = settingsOf(options, io)[readSettingName(name)]
  io.out(cleanLine(setting?.value ?? ""))
  return Promise.resolve(exit_codes.done)
}
