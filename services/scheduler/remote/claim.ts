import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { parkedClaim } from "../task/park.ts"
import { giveWork, roomFor } from "./give.ts"
import { ownWorker } from "./own.ts"
import type { WorkAttempt } from "./shape.ts"

type ClaimWork = {
  readonly worker_id: string
  readonly max_tasks: number
  readonly wait_ms: number
  readonly signal: AbortSignal
}

/** Waits for work as any worker's claim does. One at a time: a newer one of the same worker ends an older, whose asker may have gone. */
export const claimWork = (engine: Engine, closing: AbortSignal) => {
  const own = ownWorker(engine)
  const claim = parkedClaim(engine, refreshLanes(engine))
  const give = giveWork(engine)
  const waiting = new Map<string, AbortController>()
  return async (
    actor: Actor,
    { worker_id, max_tasks, wait_ms, signal }: ClaimWork,
  ): Promise<WorkAttempt[]> => {
    const { session_id } = await own(actor, worker_id)
    if (closing.aborted) throw new Problem("platform.busy", { retry_after_s: 1 })
    waiting.get(session_id)?.abort()
    const replaced = new AbortController()
    waiting.set(session_id, replaced)
    try {
      const either = AbortSignal.any([signal, replaced.signal, closing])
      const attempts = await claim({ session_id, room: roomFor(max_tasks), wait_ms, signal: either })
      return await give(session_id, attempts)
    } finally {
      if (waiting.get(session_id) === replaced) waiting.delete(session_id)
    }
  }
}
