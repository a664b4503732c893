import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

const max_tokens = 500

type Holder = { readonly user_id: string; readonly workspace_id: string }

/** Counted behind the holder's own row, so that many requests at once don't pass the bound together. What has ended doesn't count. */
export const refuseMore = async (sql: Sql, { user_id, workspace_id }: Holder): Promise<void> => {
  await sql`select id from iam.user_account where id = ${user_id}::text::uuid for no key update`
  const [row] = await sql<{ count: number }>`
    select count(*)::int as count from iam.api_token
    where user_id = ${user_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid
      and revoked_at is null and (expires_at is null or expires_at > now())`
  if ((row?.count ?? 0) < max_tokens) return
  throw new Problem("workspace.too_many", {
    detail: `There are ${max_tokens} API tokens of one member here, the most there may be; \`wf tokens list\` and \`wf service-accounts tokens\` show them.`,
  })
}
