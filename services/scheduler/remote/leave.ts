import type { Actor } from "#kernel/auth/actor.ts"
import type { Engine } from "../engine.ts"
import { closeSession } from "../session/close.ts"
import { ownWorker } from "./own.ts"

/** What it still holds goes back to its queue at once. */
export const leaveWorker = (engine: Engine) => {
  const own = ownWorker(engine)
  const close = closeSession(engine)
  return async (actor: Actor, worker_id: string): Promise<void> => {
    const { session_id } = await own(actor, worker_id)
    await close(session_id)
  }
}
