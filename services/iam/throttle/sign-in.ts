import type { Database, Sql } from "#kernel/database/database.ts"
import { attempt, forgive } from "./attempt.ts"
import { type Counter, placeOf } from "./key.ts"

export type SignIn = { readonly email: string; readonly address: string | undefined }

/**
 * Counts a sign-in that is about to be tried; answers what it was counted by. Who tries many passwords of one account from everywhere,
 * or many accounts' from one place, makes others wait there, but not who comes to an account from where its holder was before.
 */
export const beginSignIn = async (
  database: Database,
  { email, address }: SignIn,
): Promise<readonly Counter[]> => {
  const place = placeOf(address)
  const known = address !== undefined && (await database.run((sql) => hasBeenAt(sql, email, address)))
  const counters: readonly Counter[] = [
    { rule: "pair", of: `${email}\0${place}` },
    ...(known
      ? []
      : ([
          { rule: "address", of: place },
          { rule: "account", of: email },
        ] as const)),
  ]
  await attempt(database, counters)
  return counters
}

/** The password was right: this try counts for nothing, and the account and the place begin anew together. */
export const succeedSignIn = (database: Database, counters: readonly Counter[]): Promise<void> =>
  forgive(database, {
    anew: counters.filter(({ rule }) => rule === "pair"),
    less: counters.filter(({ rule }) => rule !== "pair"),
  })

/** Signed in, or just now chosen a password by a link that was mailed, which nobody else can. */
const hasBeenAt = async (sql: Sql, email: string, address: string): Promise<boolean> => {
  const rows = await sql`
    select 1 from iam.user_account
    where email = ${email} and (
      exists (select from iam.session where user_id = user_account.id and address = ${address})
      or exists (
        select from iam.audit
        where scope_id = user_account.id and action = 'user.password_reset' and address = ${address}
          and at > now() - interval '1 day'
      )
    )`
  return rows.length > 0
}
