import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Caller } from "../audit/caller.ts"
import { record } from "../audit/record.ts"

/** Another person's, and another workspace's, is not there. */
export const deleteToken =
  (database: Database) =>
  async (actor: Caller, token_id: string): Promise<void> => {
    allow(actor, "token.manage")
    await database.tx(async (sql) => {
      const name = await revokeToken(sql, actor, token_id)
      if (name === undefined) {
        throw new Problem("token.not_found", { detail: `You have no token ${token_id} here.` })
      }
      const { workspace_id } = actor
      const subject = { kind: "token", id: token_id, name }
      await record(sql, actor, { action: "token.deleted", of: { workspace_id }, subject })
    })
  }

export const revokeToken = async (
  sql: Sql,
  { user_id, workspace_id }: Pick<Actor, "user_id" | "workspace_id">,
  id: string,
) => {
  const [row] = await sql<{ name: string }>`
    update iam.api_token set revoked_at = now()
    where id = ${id}::text::uuid and user_id = ${user_id}::text::uuid
      and workspace_id = ${workspace_id}::text::uuid and revoked_at is null
    returning name`
  return row?.name
}
