import { existsSync, readFileSync } from "node:fs"
import { type Profile, type Profiles, profileFile } from "#kernel/config/profiles.ts"
import { type Options, text } from "./command.ts"
import type { Io } from "./io.ts"
import { keychain, unlockedToken } from "./keychain.ts"
import { knownProfile } from "./profile-choice.ts"

/** A value, and who said it. */
export type Setting = { readonly value: string; readonly from: string }

export type Settings = {
  readonly profile: Setting | undefined
  readonly url: Setting | undefined
  readonly token: Setting | undefined
  readonly workspace: Setting | undefined
  /** Where tokens are kept that come by signing in. */
  readonly credentials: Setting
}

const sameServer = (one: string, other: string): boolean =>
  URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin

type Asking = { readonly io: Pick<Io, "environment">; readonly is_quiet: boolean }

const tokenIn = (name: string, { io, is_quiet }: Asking): Setting | undefined => {
  const value = is_quiet ? unlockedToken(name, io) : keychain(io).read(name)
  return value === undefined ? undefined : { value, from: "keychain" }
}

const tokenOf = (profile: Profile, name: string, asking: Asking): Setting | undefined => {
  if (profile.token !== undefined) return { value: profile.token, from: "profile" }
  if (profile.keychain) return tokenIn(name, asking)
  if (profile.token_file === undefined || !existsSync(profile.token_file)) return undefined
  return { value: readFileSync(profile.token_file, "utf8").trim(), from: profile.token_file }
}

const nameOfProfile = (options: Options, { current, profiles }: Profiles): Setting | undefined => {
  const named = text(options, "profile")
  if (named === undefined) return current === undefined ? undefined : { value: current, from: "current" }
  knownProfile(named, { profiles })
  return { value: named, from: "--profile" }
}

/** The first that says something. */
const first = (
  ...said: readonly (readonly [value: string | undefined, from: string])[]
): Setting | undefined => {
  for (const [value, from] of said) if (value !== undefined) return { value, from }
  return undefined
}

/** What holds for a command, and why: flag over environment over profile. Quietly: nobody is asked to unlock anything. */
export const settingsOf = (
  options: Options,
  io: Pick<Io, "environment">,
  { is_quiet = false }: { readonly is_quiet?: boolean } = {},
): Settings => {
  const { environment } = io
  const { path, read } = profileFile(environment)
  const all = read()
  const name = nameOfProfile(options, all)
  const profile = name && all.profiles[name.value]
  const of_profile = `profile ${name?.value ?? ""}`
  const url = first(
    [text(options, "url"), "--url"],
    [environment.WF_URL, "WF_URL"],
    [profile?.url, of_profile],
  )
  // A profile's token is for its own server: another one that is named must not get to see it.
  const own = profile && url && sameServer(profile.url, url.value) ? profile : undefined
  const given = first([environment.WF_TOKEN, "WF_TOKEN"])
  return {
    profile: profile && name,
    url,
    token: given ?? (own && tokenOf(own, name?.value ?? "", { io, is_quiet })),
    workspace: first(
      [text(options, "workspace"), "--workspace"],
      [environment.WF_WORKSPACE, "WF_WORKSPACE"],
      [own?.workspace, of_profile],
    ),
    credentials: { value: all.credentials ?? "file", from: all.credentials ? path : "default" },
  }
}
