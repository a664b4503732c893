import type { Caller } from "#kernel/audit/caller.ts"
import { refuseBound } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { revokeAllSessions, revokeSession } from "./revoke.ts"

type Ending = Pick<Iam, "database" | "kit">

/** One of the caller's own; another's is not there. */
export const endSession =
  ({ database, kit }: Ending) =>
  async (actor: Caller, session_id: string): Promise<void> => {
    refuseBound(actor)
    const { user_id } = actor
    await database.tx(async (sql) => {
      const ended = await revokeSession(sql, { session_id, user_id }, kit.now())
      if (!ended) throw new Problem("session.not_found", { detail: `You have no session ${session_id}.` })
      await recordEnd(sql, actor, session_id)
    })
  }

/** Logs the caller out everywhere, here too. API tokens are no sessions: they stay. */
export const endAllSessions =
  ({ database, kit }: Ending) =>
  async (actor: Caller): Promise<void> => {
    refuseBound(actor)
    await database.tx(async (sql) => {
      await revokeAllSessions(sql, actor.user_id, kit.now())
      const { user_id: account_id, email: name } = actor
      const subject = { kind: "user", id: account_id, name }
      await record(sql, actor, { action: "session.all_ended", of: { account_id }, subject })
    })
  }

export const recordEnd = (sql: Sql, actor: Caller, session_id: string) => {
  const subject = { kind: "session", id: session_id, name: actor.email }
  return record(sql, actor, { action: "session.ended", of: { account_id: actor.user_id }, subject })
}
