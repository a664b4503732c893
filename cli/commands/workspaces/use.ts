import { profileFile } from "#kernel/config/profiles.ts"
import { cleanLine } from "../../clean.ts"
import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

/** Later commands of this profile are about that workspace. It is asked for first, so that none is kept that can't be. */
export const run = async ({ arguments: [slug = ""], options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  const { current, profiles } = all
  const name = text(options, "profile") ?? current
  const profile = profiles[name ?? ""]
  if (name === undefined || !profile || io.environment.WF_URL !== undefined) {
    throw new Failure(
      exit_codes.usage,
      "There is no profile to keep that in. Set `WF_WORKSPACE`, or sign in with `wf login` first.",
    )
  }
  const { workspace } = await connect({ ...options, workspace: slug }, io).identity.me()
  file.write({ ...all, profiles: { ...profiles, [name]: { ...profile, workspace: slug } } })
  io.note(`Commands of ${name} are about ${cleanLine(workspace.slug)} now, where you are ${workspace.role}.`)
  return exit_codes.done
}
