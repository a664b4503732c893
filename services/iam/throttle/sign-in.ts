import type { Database, Sql } from "#kernel/database/database.ts"
import { attempt, forgive } from "./attempt.ts"
import { type Counter, placeOf } from "./key.ts"

export type SignIn = { readonly email: string; readonly address: string | undefined }

/**
 * Counts a sign-in that is about to be tried; answers what it was counted by. Who tries many passwords of one account from everywhere
 * makes new places wait, but not those that its holder has signed in from before: so nobody is locked out by others' guesses.
 */
export const beginSignIn = async (
  database: Database,
  { email, address }: SignIn,
): Promise<readonly Counter[]> => {
  const place = placeOf(address)
  const known = address !== undefined && (await database.run((sql) => hasSignedInFrom(sql, email, address)))
  const counters: readonly Counter[] = [
    { rule: "pair", of: `${email}\0${place}` },
    { rule: "address", of: place },
    ...(known ? [] : [{ rule: "account", of: email } as const]),
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

const hasSignedInFrom = async (sql: Sql, email: string, address: string): Promise<boolean> => {
  const rows = await sql`
    select 1 from iam.session join iam.user_account on user_account.id = session.user_id
    where email = ${email} and address = ${address}
    limit 1`
  return rows.length > 0
}
