import type { Sql } from "#kernel/database/database.ts"

export type OwnSession = { readonly session_id: string; readonly user_id: string }

/** Ends a session and with it every token of its family. */
export const revokeSession = (sql: Sql, { session_id, user_id }: OwnSession) =>
  sql`
    update iam.session set revoked_at = now()
    where id = ${session_id}::text::uuid and user_id = ${user_id}::text::uuid and revoked_at is null`
