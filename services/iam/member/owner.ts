import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** Refuses to take an owner away when there is no other. The workspace is locked by then, so no two do it at once. */
export const keepAnOwner = async (sql: Sql, workspace_id: string): Promise<void> => {
  const owners = await sql`
    select user_id from iam.member
    where workspace_id = ${workspace_id}::text::uuid and role = 'owner'
    limit 2`
  if (owners.length < 2) throw new Problem("member.last_owner")
}
