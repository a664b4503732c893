import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Caller } from "../audit/caller.ts"
import { record } from "../audit/record.ts"
import { enterToChange } from "../workspace/enter.ts"

export type RevokeInvite = { readonly workspace_id: string; readonly invite_id: string }

/** Takes an invitation back that nobody has accepted yet. */
export const revokeInvite =
  (database: Database) =>
  (actor: Caller, wanted: RevokeInvite): Promise<void> =>
    database.tx(async (sql) => {
      allow(await enterToChange(sql, actor, wanted.workspace_id), "member.manage")
      const { workspace_id, invite_id } = wanted
      const email = await markRevoked(sql, wanted)
      if (email === undefined) {
        throw new Problem("invite.not_found", { detail: `No invitation ${invite_id} is open here.` })
      }
      const subject = { kind: "invite", id: invite_id, name: email }
      await record(sql, actor, { action: "invite.revoked", of: { workspace_id }, subject })
    })

const markRevoked = async (sql: Sql, { workspace_id, invite_id }: RevokeInvite) => {
  const [row] = await sql<{ email: string }>`
    update iam.invite set revoked_at = now()
    where id = ${invite_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid
      and accepted_at is null and revoked_at is null and expires_at > now()
    returning email`
  return row?.email
}
