import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { postLetter } from "../letter/post.ts"
import { newSecret } from "../token/secret.ts"

const link_prefix = "wfl_"

/** Asks for a link to a new password. Whether anybody has the address is found out later, by who sends the mail. */
export const forgotPassword =
  ({ database, letters }: Pick<Iam, "database" | "letters">) =>
  async (email: string): Promise<void> => {
    if (!letters) throw new Problem("mail.not_sent")
    const token = newSecret(link_prefix)
    await database.tx((sql) => postLetter(sql, letters, { kind: "reset", email, token }))
  }
