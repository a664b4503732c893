import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import type { Token } from "./shape.ts"

/** The caller's own in the present workspace, newest first; expired ones too. */
export const listTokens =
  (database: Database) =>
  async (actor: Actor, { limit, cursor }: Page): Promise<PageOf<Token>> => {
    allow(actor, "token.manage")
    const { user_id, workspace_id } = actor
    const wanted = { user_id, workspace_id, before: cursor ?? null, limit: limit + 1 }
    const rows = await database.run((sql) => readTokens(sql, wanted))
    return pageOf(rows.map(tokenOf), limit, ({ id }) => id)
  }

type TokenRow = {
  readonly id: string
  readonly name: string
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
  readonly all_workspaces: boolean
  readonly role: Role | null
  readonly scopes: string[] | null
  readonly queues: string[] | null
}

export const tokenOf = ({
  id,
  name,
  created_at,
  expires_at,
  last_used_at,
  all_workspaces,
  role,
  scopes,
  queues,
}: TokenRow): Token => ({
  id,
  name,
  created_at: created_at.toISOString(),
  expires_at: expires_at?.toISOString() ?? null,
  last_used_at: last_used_at?.toISOString() ?? null,
  all_workspaces,
  role,
  scopes,
  queues,
})

type Wanted = {
  readonly user_id: string
  readonly workspace_id: string
  readonly before: string | null
  readonly limit: number
}

export const readTokens = (sql: Sql, { user_id, workspace_id, before, limit }: Wanted) =>
  sql<TokenRow>`
    select id, name, created_at, expires_at, last_used_at, all_workspaces, role, scopes, queues
    from iam.api_token
    where user_id = ${user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid and revoked_at is null
      and (${before}::text is null or id < ${before}::text::uuid)
    order by id desc
    limit ${limit}::int`
