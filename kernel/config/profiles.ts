import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Environment } from "./config.ts"
import { ProfilesError } from "./profiles-error.ts"

export type Profile = {
  readonly url: string
  readonly token?: string | undefined
  /** Where the token is kept instead, as `wf up` does. */
  readonly token_file?: string | undefined
  /** The token is in the keychain of the system, by the profile's name. */
  readonly keychain?: boolean | undefined
  readonly workspace?: string | undefined
}

const places = ["file", "keychain"] as const

export type Profiles = {
  readonly current?: string | undefined
  /** Where tokens of later sign-ins are kept; in this file when left out. */
  readonly credentials?: (typeof places)[number] | undefined
  readonly profiles: Readonly<Record<string, Profile>>
}

type Fields = Readonly<Record<string, unknown>>

const isMapping = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mayBeText = (value: unknown): boolean => value === undefined || typeof value === "string"

const mayBeFlag = (value: unknown): boolean => value === undefined || typeof value === "boolean"
const mayBePlace = (value: unknown): boolean => value === undefined || places.some((one) => one === value)

const isProfile = (value: unknown): boolean =>
  isMapping(value) &&
  typeof value.url === "string" &&
  [value.token, value.token_file, value.workspace].every(mayBeText) &&
  mayBeFlag(value.keychain)

/** By hand: every command reads this, and the library of schemas takes longer to load than the rest of most of them. */
const isProfiles = (value: unknown): value is Profiles =>
  isMapping(value) &&
  mayBeText(value.current) &&
  mayBePlace(value.credentials) &&
  isMapping(value.profiles) &&
  Object.values(value.profiles).every(isProfile)

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new ProfilesError(
      `${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}

/** Where the client keeps its servers and tokens. */
export type ProfileFile = { readonly path: string; read(): Profiles; write(profiles: Profiles): void }

export const profileFile = (environment: Environment): ProfileFile => {
  const folder = join(environment.XDG_CONFIG_HOME || join(homedir(), ".config"), "wf")
  const path = join(folder, "profiles.json")
  return {
    path,
    read() {
      if (!existsSync(path)) return { profiles: {} }
      const found = readJson(path)
      if (isProfiles(found)) return found
      throw new ProfilesError(
        `${path} is not a file of profiles. Remove it and sign in again with \`wf login\`.`,
      )
    },
    write(profiles) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // Written beside and renamed, so that another reader never sees half of it.
      const draft = `${path}.${process.pid}`
      writeFileSync(draft, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 })
      renameSync(draft, path)
    },
  }
}
