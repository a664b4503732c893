import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { refuseSuspended, type Standing } from "../account/refuse.ts"
import { record } from "../audit/record.ts"
import { type Iam, reuse_grace_s } from "../iam.ts"
import { hashOf } from "../token/secret.ts"
import { addRefreshToken, grantOf, type Holder } from "./grant.ts"
import { revokeSession } from "./revoke.ts"
import type { Grant } from "./shape.ts"

/**
 * A refresh token works once, and again within the grace: two windows of one person may come with it at once. Used later than that,
 * it was stolen or copied: then its whole session ends.
 */
export const refresh =
  (iam: Iam) =>
  async (secret: string, origin?: Origin): Promise<Grant> => {
    const hash = await hashOf(secret)
    const rotated = await iam.database.tx(async (sql) => {
      const token = await lockToken(sql, hash)
      if (!token || token.ended) return undefined
      refuseSuspended(token)
      if (token.used) {
        await endReused(sql, token, { origin, at: iam.kit.now() })
        return undefined
      }
      await markUsed(sql, token, hash)
      await forgetOldest(sql, token)
      return { holder: token, refresh_token: await addRefreshToken(sql, token.session_id) }
    })
    if (!rotated) throw new Problem("auth.invalid", { detail: "The refresh token is not valid any more." })
    return grantOf(iam, rotated.holder, rotated.refresh_token)
  }

type LockedToken = Holder & Standing & { readonly used: boolean; readonly ended: boolean }

/** Who comes with it may be the thief or the person: the person is told in the log of their account. */
const endReused = async (
  sql: Sql,
  token: Holder,
  { origin, at }: { readonly origin: Origin | undefined; readonly at: Date },
): Promise<void> => {
  if (!(await revokeSession(sql, token, at))) return
  const { user_id, email, session_id } = token
  const doer = { kind: "user", user_id, email, grant_id: session_id, origin } as const
  const subject = { kind: "session", id: session_id, name: email }
  await record(sql, doer, { action: "session.reuse_detected", of: { account_id: user_id }, subject })
}

/** Two that come with the same token wait for each other here, and the second finds it used. */
const lockToken = async (sql: Sql, hash: Uint8Array): Promise<LockedToken | undefined> => {
  const [row] = await sql<LockedToken>`
    select session_id, session.user_id, email, session.workspace_id, role, archived_at is not null as archived,
      user_account.suspended_at is not null as account_suspended, member.suspended_at is not null as suspended,
      coalesce(used_at < now() - ${reuse_grace_s}::int * interval '1 second', false) as used,
      revoked_at is not null or refresh_token.expires_at <= now() as ended
    from iam.refresh_token
      join iam.session on session.id = session_id
      join iam.user_account on user_account.id = session.user_id
      join iam.member on member.user_id = session.user_id and member.workspace_id = session.workspace_id
      join iam.workspace on workspace.id = session.workspace_id
    where hash = ${hash}
    for update of refresh_token`
  return row
}

/** More than somebody needs who stays signed in for as long as one may, however they come. */
const max_remembered = 3_000

/** Used ones are there to be noticed when they come again; whoever renews without a pause fills no disk with them. */
const forgetOldest = (sql: Sql, { session_id }: Holder) =>
  sql`
    delete from iam.refresh_token
    where hash in (
      select hash from iam.refresh_token where session_id = ${session_id}::text::uuid
      order by created_at desc
      offset ${max_remembered}::int limit 100
    )`

/** The first use counts: the grace doesn't grow with each further one. */
const markUsed = (sql: Sql, { session_id }: Holder, hash: Uint8Array) =>
  sql`
    with used as (
      update iam.refresh_token set used_at = now() where hash = ${hash} and used_at is null
    )
    update iam.session set last_used_at = now() where id = ${session_id}::text::uuid`
