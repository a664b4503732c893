import type { Origin } from "#kernel/audit/caller.ts"
import type { Iam } from "../iam.ts"
import { postLetter } from "../letter/post.ts"
import { attempt } from "../throttle/attempt.ts"
import { placeOf } from "../throttle/key.ts"
import { newSecret } from "../token/secret.ts"
import type { Registration } from "./credentials.ts"
import { type Registered, settle } from "./settle.ts"

const link_prefix = "wfl_"

/**
 * A new person. Where mail is sent, undefined: whether the address is known is found out by who sends the mail, so that neither
 * the answer nor the time it takes tells it, and the account is made by who reads it.
 */
export const register =
  ({ database, kit, passwords, letters }: Pick<Iam, "database" | "kit" | "passwords" | "letters">) =>
  async ({ email, name, password }: Registration, origin?: Origin): Promise<Registered | undefined> => {
    await attempt(database, [{ rule: "asking", of: placeOf(origin?.address) }])
    const password_hash = await passwords.hash(password)
    return database.tx(async (sql) => {
      if (letters) {
        const token = newSecret(link_prefix)
        await postLetter(sql, letters, { kind: "register", email, name, password_hash, token })
        return undefined
      }
      return settle(sql, { email, name, password_hash, verified: false, origin, kit })
    })
  }
