import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { attempt, forgive } from "../throttle/attempt.ts"
import { placeOf } from "../throttle/key.ts"
import { hashOf } from "../token/secret.ts"
import { type Registered, settle } from "../user/settle.ts"

export type Verify = { readonly token: string; readonly password: string }

/**
 * Makes the account of who registered, now that they read the mail. The password is asked for once more: whoever registered
 * with somebody else's address has chosen it, and that somebody would confirm an account that another can enter.
 */
export const verifyRegistration =
  ({ database, kit, passwords }: Pick<Iam, "database" | "kit" | "passwords">) =>
  async ({ token, password }: Verify, origin?: Origin): Promise<Registered> => {
    const hash = await hashOf(token)
    // A registration is no account yet: what is counted is who tries.
    const place = { rule: "address", of: placeOf(origin?.address) } as const
    await attempt(database, [place])
    const waiting = await database.run((sql) => readRegistration(sql, hash))
    if (!waiting) throw new Problem("link.not_valid")
    if (!(await passwords.verify(password, waiting.password_hash)))
      throw new Problem("auth.wrong_credentials")
    await forgive(database, { anew: [], less: [place] })
    return database.tx(async (sql) => {
      const registration = await takeRegistration(sql, hash)
      if (!registration) throw new Problem("link.not_valid")
      return settle(sql, { ...registration, verified: true, origin, kit })
    })
  }

type Waiting = { readonly email: string; readonly name: string; readonly password_hash: string }

const readRegistration = async (sql: Sql, hash: Uint8Array): Promise<Waiting | undefined> => {
  const [row] = await sql<Waiting>`
    select email, name, password_hash from iam.registration where hash = ${hash} and expires_at > now()`
  return row
}

/** Of two who come with the same link, the second finds it used. */
const takeRegistration = async (sql: Sql, hash: Uint8Array): Promise<Waiting | undefined> => {
  const [row] = await sql<Waiting>`
    delete from iam.registration where hash = ${hash} and expires_at > now()
    returning email, name, password_hash`
  return row
}
