import { profileFile } from "#kernel/config/profiles.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { forgetProfile } from "../../forget-profile.ts"
import type { Io } from "../../io.ts"
import { knownProfile } from "../../profile-choice.ts"

export const run = ({ arguments: [name = ""] }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  knownProfile(name, file.read())
  forgetProfile(name, file, io)
  return Promise.resolve(exit_codes.done)
}
