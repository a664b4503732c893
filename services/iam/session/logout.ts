import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { revokeSession } from "./revoke.ts"

/** Ends the caller's session; doing it twice is fine. */
export const logout =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  async ({ kind, grant_id: session_id, user_id }: Actor): Promise<void> => {
    if (kind === "token") {
      throw new Problem("request.invalid", {
        detail: "An API token has no session to end; delete the token instead.",
      })
    }
    await database.tx((sql) => revokeSession(sql, { session_id, user_id }, kit.now()))
  }
