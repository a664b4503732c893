import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import type { Environment } from "./config.ts"
import { ProfilesError } from "./profiles-error.ts"

const profileSchema = z.object({
  url: z.string(),
  token: z.string().optional(),
  /** Where the token is kept instead, as `wf up` does. */
  token_file: z.string().optional(),
  /** The token is in the keychain of the system, by the profile's name. */
  keychain: z.boolean().optional(),
  workspace: z.string().optional(),
})

const profilesSchema = z.object({
  current: z.string().optional(),
  /** Where tokens of later sign-ins are kept; in this file when left out. */
  credentials: z.enum(["file", "keychain"]).optional(),
  profiles: z.record(z.string(), profileSchema),
})

export type Profile = z.infer<typeof profileSchema>
export type Profiles = z.infer<typeof profilesSchema>

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
      const parsed = profilesSchema.safeParse(readJson(path))
      if (parsed.success) return parsed.data
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
