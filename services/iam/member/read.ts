import type { Role } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { Member } from "./shape.ts"

type MemberRow = {
  readonly user_id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly created_at: Date
  readonly suspended_at: Date | null
}

export const memberOf = ({ created_at, suspended_at, ...row }: MemberRow): Member => ({
  ...row,
  created_at: created_at.toISOString(),
  suspended_at: suspended_at?.toISOString() ?? null,
})

export type Wanted = { readonly workspace_id: string; readonly after: string | null; readonly limit: number }

export const readMembers = (sql: Sql, { workspace_id, after, limit }: Wanted) =>
  sql<MemberRow>`
    select user_id, email, name, role, member.created_at, member.suspended_at
    from iam.member join iam.user_account on user_account.id = user_id
    where workspace_id = ${workspace_id}::text::uuid
      and (${after}::text is null or user_id > ${after}::text::uuid)
    order by user_id
    limit ${limit}::int`

export const readMember = async (sql: Sql, workspace_id: string, user_id: string) => {
  const [row] = await sql<MemberRow>`
    select user_id, email, name, role, member.created_at, member.suspended_at
    from iam.member join iam.user_account on user_account.id = user_id
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
  return row && memberOf(row)
}
