import { Problem } from "#kernel/problem/problem.ts"
import type { Caller } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { recordEnd } from "./end.ts"
import { revokeSession } from "./revoke.ts"

/** Ends the caller's session; doing it twice is fine. */
export const logout =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  async (actor: Caller): Promise<void> => {
    const { kind, grant_id: session_id, user_id } = actor
    if (kind === "token") {
      throw new Problem("request.invalid", {
        detail: "An API token has no session to end; delete the token instead.",
      })
    }
    await database.tx(async (sql) => {
      const ended = await revokeSession(sql, { session_id, user_id }, kit.now())
      if (ended) await recordEnd(sql, actor, session_id)
    })
  }
