import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readVersion } from "./read.ts"
import type { Version } from "./shape.ts"

export type ShowVersion = { readonly name: string; readonly version: number }

export const showVersion =
  (database: Database) =>
  async (actor: Actor, { name, version }: ShowVersion): Promise<Version> => {
    allow(actor, "workflow.read")
    const { workspace_id } = actor
    const found = await database.run((sql) => readVersion(sql, { workspace_id, name, version }))
    if (!found)
      throw new Problem("version.not_found", { detail: `There is no version ${version} of ${name}.` })
    return found
  }
