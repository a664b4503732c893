import { profileFile } from "#kernel/config/profiles.ts"
import { type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { forgetProfile } from "../../forget-profile.ts"
import type { Io } from "../../io.ts"

export const run = ({ options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const { current, profiles } = file.read()
  const name = text(options, "profile") ?? current
  if (name === undefined || !profiles[name]) io.note("You are not signed in.")
  else forgetProfile(name, file, io)
  return Promise.resolve(exit_codes.done)
}
