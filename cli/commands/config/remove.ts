import { profileFile } from "#kernel/config/profiles.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { knownProfile, withoutProfile } from "../../profile-choice.ts"

export const run = ({ arguments: [name = ""] }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  knownProfile(name, all)
  file.write(withoutProfile(name, all))
  io.note(`Forgot ${name}.`)
  return Promise.resolve(exit_codes.done)
}
