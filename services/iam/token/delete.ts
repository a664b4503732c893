import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** Another person's, and another workspace's, is not there. */
export const deleteToken =
  (database: Database) =>
  async (actor: Actor, token_id: string): Promise<void> => {
    allow(actor, "token.manage")
    const revoked = await database.run((sql) => revokeToken(sql, actor, token_id))
    if (!revoked) throw new Problem("token.not_found", { detail: `You have no token ${token_id} here.` })
  }

const revokeToken = async (sql: Sql, { user_id, workspace_id }: Actor, id: string): Promise<boolean> => {
  const rows = await sql`
    update iam.api_token set revoked_at = now()
    where id = ${id}::text::uuid and user_id = ${user_id}::text::uuid
      and workspace_id = ${workspace_id}::text::uuid and revoked_at is null
    returning id`
  return rows.length > 0
}
