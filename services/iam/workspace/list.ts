import { type Actor, isPerson } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { type Workspace, type WorkspaceRow, workspaceOf } from "./shape.ts"

/** The caller's own. An API token is bound to one, and sees no other. */
export const listWorkspaces =
  (database: Database) =>
  async (actor: Actor, { limit, cursor }: Page): Promise<PageOf<Workspace>> => {
    const { user_id } = actor
    const only = isPerson(actor) ? null : actor.workspace_id
    const rows = await database.run((sql) =>
      readOwn(sql, { user_id, only, after: cursor ?? null, limit: limit + 1 }),
    )
    return pageOf(rows.map(workspaceOf), limit, ({ id }) => id)
  }

type Own = {
  readonly user_id: string
  readonly only: string | null
  readonly after: string | null
  readonly limit: number
}

const readOwn = (sql: Sql, { user_id, only, after, limit }: Own) =>
  sql<WorkspaceRow>`
    select workspace.id, slug, name, role, workspace.created_at, archived_at
    from iam.member join iam.workspace on workspace.id = workspace_id
    where user_id = ${user_id}::text::uuid and suspended_at is null
      and (${only}::text is null or workspace.id = ${only}::text::uuid)
      and (${after}::text is null or workspace.id > ${after}::text::uuid)
    order by workspace.id
    limit ${limit}::int`
