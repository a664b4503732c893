import { profileFile } from "#kernel/config/profiles.ts"
import { type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { withoutProfile } from "../../profile-choice.ts"

export const run = ({ options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  const { current, profiles } = all
  const name = text(options, "profile") ?? current
  if (name === undefined || !profiles[name]) {
    io.note("You are not signed in.")
    return Promise.resolve(exit_codes.done)
  }
  file.write(withoutProfile(name, all))
  io.note(`Forgot ${name}.`)
  return Promise.resolve(exit_codes.done)
}
