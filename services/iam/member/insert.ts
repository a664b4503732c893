import type { Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"

export type NewMember = { readonly workspace_id: string; readonly user_id: string; readonly role: Role }

/** False when they are one already. */
export const insertMember = async (
  sql: Sql,
  { workspace_id, user_id, role }: NewMember,
): Promise<boolean> => {
  const rows = await sql`
    insert into iam.member (user_id, workspace_id, role)
    values (${user_id}::text::uuid, ${workspace_id}::text::uuid, ${role})
    on conflict do nothing
    returning user_id`
  return rows.length > 0
}
