import type { Profile, Profiles } from "#kernel/config/profiles.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

/** The profile of that name, which has to be there. */
export const knownProfile = (name: string, { profiles }: Profiles): Profile => {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile) return profile
  const known = Object.keys(profiles).join(", ") || "none"
  throw new Failure(
    exit_codes.usage,
    `There is no profile \`${name}\`. There are: ${known}. \`wf login\` makes one.`,
  )
}

/** Without that one; another becomes the current one where it was that. */
export const withoutProfile = (name: string, { current, profiles, ...rest }: Profiles): Profiles => {
  const { [name]: _, ...kept } = profiles
  const next = current === name ? Object.keys(kept)[0] : current
  return { ...rest, ...(next !== undefined && { current: next }), profiles: kept }
}
