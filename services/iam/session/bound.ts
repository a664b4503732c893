import type { Sql } from "#kernel/database/database.ts"
import { type Doer, record } from "../audit/record.ts"
import { revokeSession } from "./revoke.ts"

const max_sessions = 100
const max_ended = 10

type Opening = { readonly doer: Doer & { readonly user_id: string }; readonly at: Date }

/** Whoever signs in more often ends what they haven't used for longest: nobody is kept out, and no list grows without end. */
export const endOldest = async (sql: Sql, { doer, at }: Opening): Promise<void> => {
  const { user_id, email: name } = doer
  const oldest = await sql<{ id: string }>`
    select id from iam.session
    where user_id = ${user_id}::text::uuid and revoked_at is null
    order by last_used_at desc, id desc
    limit ${max_ended}::int offset ${max_sessions}::int`
  for (const { id } of oldest) {
    await revokeSession(sql, { session_id: id, user_id }, at)
    const subject = { kind: "session", id, name }
    await record(sql, doer, { action: "session.ended", of: { account_id: user_id }, subject })
  }
}
