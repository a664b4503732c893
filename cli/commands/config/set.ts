import { type Profiles, profileFile } from "#kernel/config/profiles.ts"
import { type Given, text } from "../../command.ts"
import { isWebUrl } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { keychain } from "../../keychain.ts"
import { moveTokens } from "../../move-tokens.ts"
import { knownProfile } from "../../profile-choice.ts"
import { readSettingName, type SettingName } from "../../setting-name.ts"

type Change = {
  readonly name: Exclude<SettingName, "credentials">
  readonly value: string
  /** Whose it is. */
  readonly profile: string | undefined
}

const changed = ({ name, value, profile }: Change, all: Profiles): Profiles => {
  if (name === "profile") {
    knownProfile(value, all)
    return { ...all, current: value }
  }
  if (profile === undefined)
    throw new Failure(exit_codes.usage, "There is no profile yet to keep that in. `wf login` makes one.")
  const { workspace, ...before } = knownProfile(profile, all)
  const next = name === "url" ? withUrl(value, { ...before, workspace }) : { ...before, workspace: value }
  const { workspace: kept, ...rest } = next
  return { ...all, profiles: { ...all.profiles, [profile]: { ...rest, ...(kept && { workspace: kept }) } } }
}

/** A token is for the server that gave it; another one must not get to see it. */
const withUrl = <Own extends { readonly url: string; readonly token?: string | undefined }>(
  url: string,
  own: Own,
): Own => {
  if (!isWebUrl(url))
    throw new Failure(exit_codes.usage, `\`${url}\` is not a URL. Give one like http://127.0.0.1:4400.`)
  if (new URL(url).origin === new URL(own.url).origin) return { ...own, url }
  throw new Failure(
    exit_codes.usage,
    `The profile's token is for ${own.url}. \`wf login --url ${url}\` makes a profile for the other one.`,
  )
}

export const run = ({ arguments: [given = "", value = ""], options }: Given, io: Io): Promise<number> => {
  const file = profileFile(io.environment)
  const all = file.read()
  const name = readSettingName(given)
  if (name === "credentials") {
    const { profiles, left } = moveTokens(value, all, () => keychain(io))
    file.write(profiles)
    for (const profile of left) keychain(io).remove(profile)
    return Promise.resolve(exit_codes.done)
  }
  file.write(changed({ name, value, profile: text(options, "profile") ?? all.current }, all))
  return Promise.resolve(exit_codes.done)
}
