import type { Profile, Profiles } from "#kernel/config/profiles.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Keychain } from "./keychain.ts"

const places = ["file", "keychain"] as const

type Place = (typeof places)[number]

const readPlace = (given: string): Place => {
  const place = places.find((one) => one === given)
  if (place) return place
  throw new Failure(
    exit_codes.usage,
    `Tokens are kept in a \`file\` or in the \`keychain\`, not in \`${given}\`.`,
  )
}

type Move = { readonly name: string; readonly profile: Profile; readonly chain: Keychain }

const toKeychain = ({ name, profile, chain }: Move): Profile => {
  const { token, ...rest } = profile
  if (token === undefined) return profile
  chain.write(name, token)
  // One that forgets what it is given would sign this person out.
  if (chain.read(name) !== token)
    throw new Failure(exit_codes.failed, "The keychain doesn't keep what it is given. Nothing has changed.")
  return { ...rest, keychain: true }
}

const toFile = ({ name, profile, chain }: Move): Profile => {
  const { keychain: is_there, ...rest } = profile
  if (!is_there) return profile
  const token = chain.read(name)
  return token === undefined ? rest : { ...rest, token }
}

export type Moved = {
  readonly profiles: Profiles
  /** What is left to be removed where they were, once the profiles are written. */
  readonly left: readonly string[]
}

/** Tokens of later sign-ins are kept there, and so are those that there are. The profiles are still to be written. */
export const moveTokens = (given: string, all: Profiles, open: () => Keychain): Moved => {
  const credentials = readPlace(given)
  const concerned = Object.entries(all.profiles).filter(([, profile]) =>
    credentials === "file" ? profile.keychain === true : profile.token !== undefined,
  )
  // Without any the keychain is still tried: who chooses one that isn't there is told so now.
  const chain = concerned.length > 0 || credentials === "keychain" ? open() : undefined
  if (credentials === "keychain") chain?.read("")
  const move = credentials === "file" ? toFile : toKeychain
  const moved = chain
    ? concerned.map(([name, profile]) => [name, move({ name, profile, chain })] as const)
    : []
  const profiles = { ...all.profiles, ...Object.fromEntries(moved) }
  const left = credentials === "file" ? concerned.map(([name]) => name) : []
  return { profiles: { ...all, credentials, profiles }, left }
}
