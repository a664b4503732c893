import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { refuseSuspended } from "../account/refuse.ts"
import type { Iam } from "../iam.ts"
import type { Person } from "../session/open.ts"
import { beginSignIn, succeedSignIn } from "../throttle/sign-in.ts"
import type { Credentials } from "../user/credentials.ts"

/** Whose they are. The answer, and the time it takes, are the same for a wrong password and an unknown address. */
export const checkPassword = async (
  { database, passwords }: Pick<Iam, "database" | "passwords">,
  { email, password }: Credentials,
  { address }: Origin,
): Promise<Person> => {
  const counters = await beginSignIn(database, { email, address })
  const known = await database.run((sql) => readAccount(sql, email))
  const matches = await passwords.verify(password, known?.hash ?? undefined)
  if (!matches || !known) throw new Problem("auth.wrong_credentials")
  await succeedSignIn(database, counters)
  refuseSuspended({ account_suspended: known.suspended })
  return { user_id: known.user_id, email, name: known.name }
}

type Account = {
  readonly user_id: string
  readonly name: string
  readonly hash: string | null
  readonly suspended: boolean
}

const readAccount = async (sql: Sql, email: string): Promise<Account | undefined> => {
  const [row] = await sql<Account>`
    select user_account.id as user_id, name, hash, suspended_at is not null as suspended
    from iam.user_account left join iam.password on password.user_id = user_account.id
    where email = ${email}`
  return row
}
