import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** Refuses to take an owner away when there is no other; a program is none. The workspace is locked by then, so no two do it at once. */
export const keepAnOwner = async (sql: Sql, workspace_id: string): Promise<void> => {
  const owners = await sql`
    select user_id from iam.member
    where workspace_id = ${workspace_id}::text::uuid and role = 'owner'
      and not exists (select from iam.service_account where service_account.user_id = member.user_id)
    limit 2`
  if (owners.length < 2) throw new Problem("member.last_owner")
}
