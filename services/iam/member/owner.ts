import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

type Owner = { readonly workspace_id: string; readonly user_id: string }

/**
 * Refuses to take an owner away when no other is left who can act; a program is none, nor is who is suspended. The workspace is
 * locked by then, so no two do it at once.
 */
export const keepAnOwner = async (sql: Sql, { workspace_id, user_id }: Owner): Promise<void> => {
  const others = await sql`
    select user_id from iam.member join iam.user_account on user_account.id = user_id
    where workspace_id = ${workspace_id}::text::uuid and role = 'owner' and user_id <> ${user_id}::text::uuid
      and member.suspended_at is null and user_account.suspended_at is null
      and not exists (select from iam.service_account where service_account.user_id = member.user_id)
    limit 1`
  if (others.length === 0) throw new Problem("member.last_owner")
}
