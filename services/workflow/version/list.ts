import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readVersions } from "./read.ts"
import type { Version } from "./shape.ts"

export type ListVersions = {
  readonly name: string
  readonly limit: number
  readonly cursor?: number | undefined
}

/** A definition may have a megabyte, so a page is short however many are asked for. */
const max_versions = 20

/** Newest first. A workflow without versions is none. */
export const listVersions =
  (database: Database) =>
  async (actor: Actor, wanted: ListVersions): Promise<PageOf<Version>> => {
    allow(actor, "workflow.read")
    const { name, cursor } = wanted
    const limit = Math.min(wanted.limit, max_versions)
    const filter = { workspace_id: actor.workspace_id, name, before: cursor ?? null, limit: limit + 1 }
    const rows = await database.run((sql) => readVersions(sql, filter))
    if (rows.length === 0 && cursor === undefined) {
      throw new Problem("workflow.not_found", { detail: `There is no workflow ${name} in this workspace.` })
    }
    return pageOf(rows, limit, ({ version }) => String(version))
  }
