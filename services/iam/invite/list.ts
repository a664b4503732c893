import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { enter } from "../workspace/enter.ts"
import { type Invite, type InviteRow, inviteOf } from "./shape.ts"

/** Those that can still be accepted, newest first. */
export const listInvites =
  (database: Database) =>
  (actor: Actor, workspace_id: string, { limit, cursor }: Page): Promise<PageOf<Invite>> =>
    database.run(async (sql) => {
      // An archived workspace may still be looked at.
      allow({ ...(await enter(sql, actor, workspace_id)), archived: false }, "member.manage")
      const rows = await readOpen(sql, { workspace_id, before: cursor ?? null, limit: limit + 1 })
      return pageOf(rows.map(inviteOf), limit, ({ id }) => id)
    })

type Wanted = { readonly workspace_id: string; readonly before: string | null; readonly limit: number }

const readOpen = (sql: Sql, { workspace_id, before, limit }: Wanted) =>
  sql<InviteRow>`
    select id, email, role, invited_by, created_at, expires_at
    from iam.invite
    where workspace_id = ${workspace_id}::text::uuid
      and accepted_at is null and revoked_at is null and expires_at > now()
      and (${before}::text is null or id < ${before}::text::uuid)
    order by id desc
    limit ${limit}::int`
