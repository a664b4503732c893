import { list, type Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"

export type OwnSession = { readonly session_id: string; readonly user_id: string }

/** Ends a session and with it every token of its family. False when it isn't there, or has ended. */
export const revokeSession = async (
  sql: Sql,
  { session_id, user_id }: OwnSession,
  at: Date,
): Promise<boolean> => {
  const ended = await sql`
    update iam.session set revoked_at = now()
    where id = ${session_id}::text::uuid and user_id = ${user_id}::text::uuid and revoked_at is null
    returning id`
  if (ended.length === 0) return false
  await distrust(sql, [session_id])
  const data = { user_id, session_id, at: at.toISOString() }
  await emit(sql, [{ type: "user.logged_out", key: user_id, data }])
  return true
}

export const revokeAllSessions = async (sql: Sql, user_id: string, at: Date): Promise<void> => {
  await sql`
    update iam.session set revoked_at = now()
    where user_id = ${user_id}::text::uuid and revoked_at is null`
  await distrust(sql, [user_id])
  const data = { user_id, session_id: null, at: at.toISOString() }
  await emit(sql, [{ type: "user.logged_out", key: user_id, data }])
}

/** From the commit on, every service asks here about tokens of these sessions, users or workspaces. */
export const distrust = (sql: Sql, subjects: readonly string[]) =>
  sql`insert into iam.revocation (subject) select unnest(${list(subjects)}::text::uuid[])`
