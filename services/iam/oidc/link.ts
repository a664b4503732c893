import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { revokeAllSessions } from "../session/revoke.ts"
import { theOidc } from "./begin.ts"
import type { Vouched } from "./claims.ts"
import { type TakeOver, takeOverWorkspaces } from "./take-over.ts"

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

/** Somebody who comes for the first time, and from where. */
export type Coming = { readonly person: Vouched; readonly origin: Origin }

/**
 * The account that has this address already, if the operator allows it. An address that the provider has given to somebody
 * else by now opens nothing: the account is the first one's.
 */
export const linkByEmail = async (sql: Sql, iam: Iam, { person, origin }: Coming): Promise<Linked> => {
  const { email, issuer } = person
  const refusal = new Problem("oidc.not_linked", { detail: `There is an account of ${email} already.` })
  if (!theOidc(iam).settings.may_link_by_email) throw refusal
  const account = await lockPerson(sql, email)
  if (!account || !(await insertIdentity(sql, person, account.user_id))) throw refusal
  const { user_id, is_verified } = account
  const { workspace } = theOidc(iam).settings
  if (!is_verified) await endEarlier(sql, { user_id, email, workspace, origin, at: iam.kit.now() })
  const doer = { kind: "user", user_id, email, origin } as const
  const subject = { kind: "user", id: user_id, name: email }
  const details = { issuer, kept: is_verified }
  await record(sql, doer, { action: "user.linked", of: { account_id: user_id }, subject, details })
  return { user_id, email }
}

type Account = { readonly user_id: string; readonly is_verified: boolean }

/** A program is nobody who signs in. */
const lockPerson = async (sql: Sql, email: string): Promise<Account | undefined> => {
  const [row] = await sql<Account>`
    select id as user_id, verified_at is not null as is_verified
    from iam.user_account
    where email = ${email} and not exists (select from iam.service_account where user_id = user_account.id)
    for no key update`
  return row
}

/** Whoever made the account has not shown that the address was theirs: what they have kept of it opens nothing any more. */
const endEarlier = async (sql: Sql, taking: TakeOver): Promise<void> => {
  const { user_id, at } = taking
  await sql`delete from iam.password where user_id = ${user_id}::text::uuid`
  await sql`
    update iam.api_token set revoked_at = now()
    where user_id = ${user_id}::text::uuid and revoked_at is null`
  await sql`update iam.user_account set verified_at = now() where id = ${user_id}::text::uuid`
  await revokeAllSessions(sql, user_id, at)
  await takeOverWorkspaces(sql, taking)
}
