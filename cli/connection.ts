import { existsSync, readFileSync } from "node:fs"
import { type Profile, profileFile } from "#kernel/config/profiles.ts"
import { type Client, createClient } from "#sdk/client.ts"
import { type Options, text } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

export type Connection = { readonly url: string; readonly token: string | undefined; readonly client: Client }

const tokenOf = (profile: Profile | undefined): string | undefined => {
  if (profile?.token !== undefined) return profile.token
  if (profile?.token_file === undefined || !existsSync(profile.token_file)) return undefined
  return readFileSync(profile.token_file, "utf8").trim()
}

/** `localhost:4400` parses too, as an address of the scheme `localhost`. */
export const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

const sameServer = (one: string, other: string): boolean =>
  URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin

const chosenProfile = (options: Options, io: Io): Profile | undefined => {
  const { current, profiles } = profileFile(io.environment).read()
  const name = text(options, "profile") ?? current
  if (name === undefined) return undefined
  const profile = profiles[name]
  if (profile || text(options, "profile") === undefined) return profile
  const known = Object.keys(profiles).join(", ") || "none"
  throw new Failure(
    exit_codes.usage,
    `There is no profile \`${name}\`. There are: ${known}. \`wf login\` makes one.`,
  )
}

/** Flag over environment over profile. Undefined when nothing names a server. */
export const findConnection = (options: Options, io: Io): Connection | undefined => {
  const { WF_URL, WF_TOKEN, WF_WORKSPACE } = io.environment
  const profile = chosenProfile(options, io)
  const url = text(options, "url") ?? WF_URL ?? profile?.url
  if (url === undefined) return undefined
  if (!isWebUrl(url)) {
    throw new Failure(exit_codes.usage, `\`${url}\` is not a URL. Give one like http://127.0.0.1:4400.`)
  }
  // A profile's token is for its own server: another one that is named must not get to see it.
  const own = profile !== undefined && sameServer(profile.url, url) ? profile : undefined
  const token = WF_TOKEN ?? tokenOf(own)
  const workspace = text(options, "workspace") ?? WF_WORKSPACE ?? own?.workspace
  const client = createClient({ url, ...(token && { token }), ...(workspace && { workspace }) })
  return { url, token, client }
}

export const connect = (options: Options, io: Io): Client => connection(options, io).client

export const connection = (options: Options, io: Io): Connection => {
  const found = findConnection(options, io)
  if (found) return found
  throw new Failure(
    exit_codes.unreachable,
    "No platform is known here. Start one with `wf up`, or sign in to one with `wf login --url URL`.",
  )
}
