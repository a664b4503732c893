import { Problem } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { postLetter } from "../letter/post.ts"
import { attempt } from "../throttle/attempt.ts"
import { placeOf } from "../throttle/key.ts"
import { newSecret } from "../token/secret.ts"

const link_prefix = "wfl_"

/** Asks for a link to a new password. Whether anybody has the address is found out later, by who sends the mail. */
export const forgotPassword =
  ({ database, letters }: Pick<Iam, "database" | "letters">) =>
  async (email: string, origin?: Origin): Promise<void> => {
    if (!letters) throw new Problem("mail.not_sent")
    await attempt(database, [{ rule: "asking", of: placeOf(origin?.address) }])
    const token = newSecret(link_prefix)
    await database.tx((sql) => postLetter(sql, letters, { kind: "reset", email, token }))
  }
