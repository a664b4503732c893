import type { Sql } from "#kernel/database/database.ts"
import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { grantOf } from "../session/grant.ts"
import { openSession, type Person } from "../session/open.ts"
import type { Grant } from "../session/shape.ts"
import { hashOf } from "../token/secret.ts"
import { challengeOf } from "./begin.ts"
import { notValid } from "./verify.ts"

export type RedeemSignIn = { readonly code: string; readonly code_verifier: string }

/** A session for the code that a browser has brought. Whoever comes with it and the wrong verifier has used it up, too. */
export const redeemSignIn =
  (iam: Pick<Iam, "database" | "kit" | "keys">) =>
  async ({ code, code_verifier }: RedeemSignIn, origin: Origin): Promise<Grant> => {
    const [hash, challenge] = [await hashOf(code), await challengeOf(code_verifier)]
    const opened = await iam.database.tx(async (sql) => {
      const taken = await takeCode(sql, hash)
      return taken?.challenge === challenge ? openSession(sql, iam.kit, { ...taken, origin }) : undefined
    })
    if (!opened) throw notValid("The code is not valid, or not any more.")
    return grantOf(iam, opened.holder, opened.refresh_token)
  }

type Taken = Person & { readonly challenge: string }

const takeCode = async (sql: Sql, hash: Uint8Array): Promise<Taken | undefined> => {
  const [row] = await sql<Taken>`
    with taken as (
      update iam.sign_in_code set used_at = now()
      where hash = ${hash} and used_at is null and expires_at > now()
      returning user_id, challenge
    )
    select user_id, challenge, email, name from taken join iam.user_account on user_account.id = user_id`
  return row
}
