import { profileFile } from "#kernel/config/profiles.ts"
import { type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = ({ options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const { current, profiles } = file.read()
  const name = text(options, "profile") ?? current
  if (name === undefined || !profiles[name]) {
    io.note("You are not signed in.")
    return Promise.resolve(exit_codes.done)
  }
  const { [name]: _, ...kept } = profiles
  const next = current === name ? Object.keys(kept)[0] : current
  file.write({ ...(next !== undefined && { current: next }), profiles: kept })
  io.note(`Forgot ${name}.`)
  return Promise.resolve(exit_codes.done)
}
