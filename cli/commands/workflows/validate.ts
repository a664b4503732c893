import { readAuthored } from "../../authored.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

/** All files are looked at, whatever is wrong with the first. */
export const run = async (given: Given, io: Io): Promise<number> => {
  let valid = true
  for (const path of given.arguments) {
    if (!(await readAuthored(path, io))) valid = false
  }
  return valid ? exit_codes.done : exit_codes.usage
}
