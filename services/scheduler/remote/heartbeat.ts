import type { Actor } from "#kernel/auth/actor.ts"
import type { Engine } from "../engine.ts"
import { type Heartbeat, heartbeat } from "../session/heartbeat.ts"
import type { HeldAttempt } from "../session/held.ts"
import { ownWorker } from "./own.ts"

type WorkerHeartbeat = Omit<Heartbeat, "session_id"> & { readonly worker_id: string }

export const beatWorker = (engine: Engine) => {
  const own = ownWorker(engine)
  const beat = heartbeat(engine)
  return async (actor: Actor, { worker_id, ...rest }: WorkerHeartbeat): Promise<readonly HeldAttempt[]> => {
    const { session_id } = await own(actor, worker_id)
    return beat({ ...rest, session_id })
  }
}
