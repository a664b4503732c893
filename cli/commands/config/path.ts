import { profileFile } from "#kernel/config/profiles.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = (_: Given, io: Io): Promise<number> => {
  io.out(profileFile(io.environment).path)
  return Promise.resolve(exit_codes.done)
}
