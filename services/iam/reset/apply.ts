import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { revokeAllSessions } from "../session/revoke.ts"
import { hashOf } from "../token/secret.ts"
import { mayReset } from "./may.ts"

export type ResetPassword = { readonly token: string; readonly password: string }

/** Sets the password of who has the link, once, and signs them out everywhere. API tokens stay: they know no password. */
export const resetPassword =
  ({ database, kit, passwords }: Pick<Iam, "database" | "kit" | "passwords">) =>
  async ({ token, password }: ResetPassword, origin?: Origin): Promise<void> => {
    const link = await hashOf(token)
    // Hashing is dear: nobody gets it with a link that isn't one.
    if (!(await database.run((sql) => isGood(sql, link)))) throw new Problem("link.not_valid")
    const password_hash = await passwords.hash(password)
    await database.tx(async (sql) => {
      const user = await takeReset(sql, link)
      // Since the letter was sent they may have become somebody who is in by a provider alone.
      if (!user || !(await mayReset(sql, user.user_id))) throw new Problem("link.not_valid")
      const { user_id, email } = user
      await setPassword(sql, user_id, password_hash)
      await revokeAllSessions(sql, user_id, kit.now())
      const doer = { kind: "user", user_id, email, origin } as const
      const subject = { kind: "user", id: user_id, name: email }
      await record(sql, doer, { action: "user.password_reset", of: { account_id: user_id }, subject })
    })
  }

const isGood = async (sql: Sql, link: Uint8Array): Promise<boolean> => {
  const [row] = await sql<{ user_id: string }>`
    select user_id from iam.password_reset where hash = ${link} and expires_at > now()`
  return row !== undefined && mayReset(sql, row.user_id)
}

type Holder = { readonly user_id: string; readonly email: string }

/** Every link of that person is used up with the first. */
const takeReset = async (sql: Sql, link: Uint8Array): Promise<Holder | undefined> => {
  const [row] = await sql<Holder>`
    with taken as (
      delete from iam.password_reset where hash = ${link} and expires_at > now() returning user_id
    ),
    others as (
      delete from iam.password_reset where user_id in (select user_id from taken) and hash <> ${link}
    )
    update iam.user_account set verified_at = coalesce(verified_at, now())
    where id in (select user_id from taken)
    returning id as user_id, email`
  return row
}

const setPassword = (sql: Sql, user_id: string, hash: string) =>
  sql`
    insert into iam.password (user_id, hash) values (${user_id}::text::uuid, ${hash})
    on conflict (user_id) do update set hash = excluded.hash, changed_at = now()`
