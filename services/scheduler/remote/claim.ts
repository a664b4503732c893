import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { takeBack } from "../session/held.ts"
import type { Attempt } from "../task/attempt.ts"
import { parkedClaim } from "../task/park.ts"
import { giveWork, roomFor } from "./give.ts"
import { ownWorker } from "./own.ts"
import type { WorkAttempt } from "./shape.ts"

type ClaimWork = {
  readonly worker_id: string
  readonly max_tasks: number
  readonly wait_ms: number
  readonly signal: AbortSignal
  /** Throws if the caller may not any more. */
  readonly checkAgain: () => Promise<void>
}

/** What was known of the caller may be as old as that anywhere. */
const fresh_ms = 1_000

/** Waits for work as any worker's claim does. One at a time: a newer one of the same worker ends an older, whose asker may have gone. */
export const claimWork = (engine: Engine, closing: AbortSignal) => {
  const own = ownWorker(engine)
  const claim = parkedClaim(engine, refreshLanes(engine))
  const give = giveWork(engine)
  const waiting = new Map<string, AbortController>()
  return async (
    actor: Actor,
    { worker_id, max_tasks, wait_ms, signal, checkAgain }: ClaimWork,
  ): Promise<WorkAttempt[]> => {
    const { session_id } = await own(actor, worker_id)
    if (closing.aborted) throw new Problem("platform.busy", { retry_after_s: 1 })
    waiting.get(session_id)?.abort()
    const replaced = new AbortController()
    waiting.set(session_id, replaced)
    try {
      const either = AbortSignal.any([signal, replaced.signal, closing])
      const began_ms = performance.now()
      const attempts = await claim({ session_id, room: roomFor(max_tasks), wait_ms, signal: either })
      if (attempts.length > 0 && performance.now() - began_ms > fresh_ms)
        await checkOrHandBack(engine, attempts, checkAgain)
      return await give(session_id, attempts)
    } finally {
      if (waiting.get(session_id) === replaced) waiting.delete(session_id)
    }
  }
}

/** While a claim waited, its token may have been revoked, or its owner have left the workspace. */
const checkOrHandBack = async (
  engine: Engine,
  attempts: readonly Attempt[],
  checkAgain: () => Promise<void>,
): Promise<void> => {
  try {
    await checkAgain()
  } catch (error) {
    const untold = attempts.map(({ id, token }) => ({ task_run_id: id, token }))
    await takeBack(engine, untold, "unheard")
    throw error
  }
}
