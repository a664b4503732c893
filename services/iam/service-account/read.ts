import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { AccountRow } from "./shape.ts"

export type Wanted = { readonly workspace_id: string; readonly after: string | null; readonly limit: number }

export const readAccounts = (sql: Sql, { workspace_id, after, limit }: Wanted) =>
  sql<AccountRow>`
    select account.user_id as id, account.name, email, role, account.created_by, account.created_at,
      (select max(last_used_at) from iam.api_token
        where api_token.user_id = account.user_id and api_token.workspace_id = account.workspace_id) as last_used_at
    from iam.service_account account
      join iam.member on member.user_id = account.user_id and member.workspace_id = account.workspace_id
      join iam.user_account on user_account.id = account.user_id
    where account.workspace_id = ${workspace_id}::text::uuid
      and (${after}::text is null or account.user_id > ${after}::text::uuid)
    order by account.user_id
    limit ${limit}::int`

export type Which = { readonly workspace_id: string; readonly account_id: string }

type Found = Pick<AccountRow, "name" | "email" | "role">

/** Another workspace's is not there. */
export const findAccount = async (sql: Sql, { workspace_id, account_id }: Which): Promise<Found> => {
  const [row] = await sql<Found>`
    select account.name, email, role
    from iam.service_account account
      join iam.member on member.user_id = account.user_id and member.workspace_id = account.workspace_id
      join iam.user_account on user_account.id = account.user_id
    where account.workspace_id = ${workspace_id}::text::uuid and account.user_id = ${account_id}::text::uuid`
  if (row) return row
  throw new Problem("service_account.not_found", {
    detail: `There is no service account ${account_id} here.`,
  })
}
