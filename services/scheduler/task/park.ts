import type { Engine } from "../engine.ts"
import { type Attempt, claimTasks } from "./claim.ts"

type ParkedClaim = {
  readonly session_id: string
  readonly max_tasks: number
  readonly wait_ms: number
  readonly signal: AbortSignal
}

const max_wait_ms = 25_000

/** A lost wake-up costs at most this. */
const look_ms = 1_000

/** A claim that finds nothing waits for work rather than ask again. */
export const parkedClaim = (engine: Engine) => {
  const claim = claimTasks(engine)
  return async ({ session_id, max_tasks, wait_ms, signal }: ParkedClaim): Promise<readonly Attempt[]> => {
    const until_ms = performance.now() + Math.min(wait_ms, max_wait_ms)
    for (;;) {
      const left_ms = until_ms - performance.now()
      const rest_ms = Math.max(0, Math.min(look_ms, left_ms))
      const ready = engine.ready.next(rest_ms, signal).then(() => "look" as const)
      const stopped = engine.stopped.next(rest_ms, signal).then(() => "return" as const)
      const attempts = await claim({ session_id, max_tasks })
      if (attempts.length > 0 || left_ms <= 0 || signal.aborted) return attempts
      // Its worker beats when a claim comes back empty, and so learns at once what it is to stop.
      if ((await Promise.race([ready, stopped])) === "return") return []
    }
  }
}
