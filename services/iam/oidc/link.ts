import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { revokeAllSessions } from "../session/revoke.ts"
import { theOidc } from "./begin.ts"
import type { Vouched } from "./claims.ts"

/** The account of somebody whom the provider knows. */
export type Linked = { readonly user_id: string; readonly email: string }

/** Of two who come as the same person, the second waits here, and finds what the first has made. */
export const lockIdentity = async (
  sql: Sql,
  { issuer, subject }: Pick<Vouched, "issuer" | "subject">,
): Promise<Linked | undefined> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`iam.oidc ${issuer} ${subject}`}, 0))`
  const [row] = await sql<Linked>`
    with used as (
      update iam.external_identity set last_used_at = now()
      where issuer = ${issuer} and subject = ${subject}
      returning user_id
    )
    select user_id, email from used join iam.user_account on user_account.id = user_id`
  return row
}

export const insertIdentity = async (
  sql: Sql,
  { issuer, subject }: Pick<Vouched, "issuer" | "subject">,
  user_id: string,
): Promise<boolean> => {
  const rows = await sql`
    insert into iam.external_identity (issuer, subject, user_id)
    values (${issuer}, ${subject}, ${user_id}::text::uuid)
    on conflict (user_id, issuer) do nothing
    returning user_id`
  return rows.length > 0
}

/**
 * The account that has this address already, if the operator allows it. An address that the provider has given to somebody
 * else by now opens nothing: the account is the first one's.
 */
export const linkByEmail = async (sql: Sql, iam: Iam, person: Vouched): Promise<Linked> => {
  const { email } = person
  const refusal = new Problem("oidc.not_linked", { detail: `There is an account of ${email} already.` })
  if (!theOidc(iam).settings.may_link_by_email) throw refusal
  const [account] = await sql<{ user_id: string }>`
    select id as user_id from iam.user_account where email = ${email} for no key update`
  if (!account || !(await insertIdentity(sql, person, account.user_id))) throw refusal
  await endEarlier(sql, account.user_id, iam.kit.now())
  return { ...account, email }
}

/** Whoever made the account has not shown that the address was theirs: what they have kept of it opens nothing any more. */
const endEarlier = async (sql: Sql, user_id: string, at: Date): Promise<void> => {
  await sql`delete from iam.password where user_id = ${user_id}::text::uuid`
  await sql`
    update iam.api_token set revoked_at = now()
    where user_id = ${user_id}::text::uuid and revoked_at is null`
  await revokeAllSessions(sql, user_id, at)
}
