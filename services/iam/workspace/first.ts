import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { first_slug } from "./create.ts"

/** The platform's operators are the owners of its first workspace. */
export const isFirst = async (sql: Sql, workspace_id: string): Promise<boolean> => {
  const rows = await sql`
    select id from iam.workspace where id = ${workspace_id}::text::uuid and slug = ${first_slug}`
  return rows.length > 0
}

export const onlyOperators = (): Problem =>
  new Problem("auth.forbidden", { detail: `Only owners of the workspace \`${first_slug}\` may do this.` })
