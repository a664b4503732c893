import { type Actor, isPerson } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { revokeAllSessions, revokeSession } from "./revoke.ts"

type Ending = Pick<Iam, "database" | "kit">

/** One of the caller's own; another's is not there. */
export const endSession =
  ({ database, kit }: Ending) =>
  async (actor: Actor, session_id: string): Promise<void> => {
    refuseBound(actor)
    const { user_id } = actor
    const ended = await database.tx((sql) => revokeSession(sql, { session_id, user_id }, kit.now()))
    if (!ended) throw new Problem("session.not_found", { detail: `You have no session ${session_id}.` })
  }

/** Logs the caller out everywhere, here too. API tokens are no sessions: they stay. */
export const endAllSessions =
  ({ database, kit }: Ending) =>
  async (actor: Actor): Promise<void> => {
    refuseBound(actor)
    await database.tx((sql) => revokeAllSessions(sql, actor.user_id, kit.now()))
  }

const refuseBound = (actor: Actor): void => {
  if (!isPerson(actor)) throw new Problem("workspace.bound_token")
}
