import type { Caller } from "#kernel/audit/caller.ts"
import { type Actor, allow, isLimited } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"

/** Another person's, and another workspace's, is not there. */
export const deleteToken =
  (database: Database) =>
  async (actor: Caller, token_id: string): Promise<void> => {
    allowDeletion(actor, token_id)
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

/** One that was made for less than its holder may removes itself, and others only where its scopes say that it is for tokens. */
const allowDeletion = (actor: Actor, token_id: string): void => {
  if (isLimited(actor) && token_id === actor.grant_id) return
  allow(actor, "token.manage")
  if (!isLimited(actor) || actor.scopes?.includes("token.manage")) return
  const detail = "Your token is for some things only: of its holder's tokens it removes none but itself."
  throw new Problem("auth.forbidden", { detail })
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
