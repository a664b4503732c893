import { profileFile } from "#kernel/config/profiles.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { knownProfile } from "../../profile-choice.ts"

export const run = ({ arguments: [name = ""] }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  const { url } = knownProfile(name, all)
  file.write({ ...all, current: name })
  io.note(`Commands talk to ${url} now (profile ${name}).`)
  if (io.environment.WF_URL) io.note(`But WF_URL is set here, and wins over it: ${io.environment.WF_URL}.`)
  return Promise.resolve(exit_codes.done)
}
