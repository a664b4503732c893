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

/** Ends every session of theirs, and what would still become one. */
export const revokeAllSessions = async (sql: Sql, user_id: string, at: Date): Promise<void> => {
  // Before the sessions: one that is opened of it just now is waited for here, and ends below.
  await endOpenings(sql, user_id)
  await sql`
    update iam.session set revoked_at = now()
    where user_id = ${user_id}::text::uuid and revoked_at is null`
  await distrust(sql, [user_id])
  const data = { user_id, session_id: null, at: at.toISOString() }
  await emit(sql, [{ type: "user.logged_out", key: user_id, data }])
}

/** Devices that were let in and have not come yet, and codes of sign-ins; a code stays, so that its state works no second time. */
const endOpenings = async (sql: Sql, user_id: string): Promise<void> => {
  await sql`delete from iam.device_login where user_id = ${user_id}::text::uuid`
  await sql`
    update iam.sign_in_code set used_at = now()
    where user_id = ${user_id}::text::uuid and used_at is null`
}

/** From the commit on, every service asks here about tokens of these sessions, users or workspaces. */
export const distrust = (sql: Sql, subjects: readonly string[]) =>
  sql`insert into iam.revocation (subject) select unnest(${list(subjects)}::text::uuid[])`
