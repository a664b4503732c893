import { type Actor, refuseBound } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import type { Session } from "./shape.ts"

/** Where the caller is signed in, the last sign-in first. */
export const listSessions =
  (database: Database) =>
  async (actor: Actor, { limit, cursor }: Page): Promise<PageOf<Session>> => {
    refuseBound(actor)
    const { user_id, grant_id } = actor
    const rows = await database.run((sql) =>
      readSessions(sql, { user_id, before: cursor ?? null, limit: limit + 1 }),
    )
    return pageOf(
      rows.map((row) => sessionOf(row, grant_id)),
      limit,
      ({ id }) => id,
    )
  }

type SessionRow = {
  readonly id: string
  readonly device: string
  readonly address: string | null
  readonly created_at: Date
  readonly last_used_at: Date
}

const sessionOf = ({ id, device, address, ...times }: SessionRow, own_id: string): Session => ({
  ...{ id, device, address },
  current: id === own_id,
  created_at: times.created_at.toISOString(),
  last_used_at: times.last_used_at.toISOString(),
})

type Wanted = { readonly user_id: string; readonly before: string | null; readonly limit: number }

/** Those that can still be renewed. */
const readSessions = (sql: Sql, { user_id, before, limit }: Wanted) =>
  sql<SessionRow>`
    select id, device, address, created_at, last_used_at
    from iam.session
    where user_id = ${user_id}::text::uuid and revoked_at is null
      and exists (select from iam.refresh_token where session_id = session.id and expires_at > now())
      and (${before}::text is null or id < ${before}::text::uuid)
    order by id desc
    limit ${limit}::int`
