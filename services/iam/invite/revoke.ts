import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { enterToChange } from "../workspace/enter.ts"

export type RevokeInvite = { readonly workspace_id: string; readonly invite_id: string }

/** Takes an invitation back that nobody has accepted yet. */
export const revokeInvite =
  (database: Database) =>
  (actor: Actor, wanted: RevokeInvite): Promise<void> =>
    database.tx(async (sql) => {
      allow(await enterToChange(sql, actor, wanted.workspace_id), "member.manage")
      if (await markRevoked(sql, wanted)) return
      throw new Problem("invite.not_found", { detail: `No invitation ${wanted.invite_id} is open here.` })
    })

const markRevoked = async (sql: Sql, { workspace_id, invite_id }: RevokeInvite): Promise<boolean> => {
  const rows = await sql`
    update iam.invite set revoked_at = now()
    where id = ${invite_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid
      and accepted_at is null and revoked_at is null and expires_at > now()
    returning id`
  return rows.length > 0
}
