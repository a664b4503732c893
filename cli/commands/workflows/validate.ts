import { readAuthored } from "../../authored.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

/** All files are looked at, whatever is wrong with the first. */
export const run = (given: Given, io: Io): Promise<number> => {
  const read = given.arguments.map((path) => readAuthored(path, io))
  return Promise.resolve(read.includes(undefined) ? exit_codes.usage : exit_codes.done)
}
