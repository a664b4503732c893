import type { Engine } from "../engine.ts"
import { refreshLanes } from "../lane/refresh.ts"
import type { Room } from "../lane/share.ts"
import type { Attempt } from "./attempt.ts"
import { claimTasks } from "./claim.ts"

type ParkedClaim = {
  readonly session_id: string
  readonly room: Room
  readonly wait_ms: number
  readonly signal: AbortSignal
}

const max_wait_ms = 25_000

/** A lost wake-up, or one that went to another scheduler, costs at most this. */
const look_ms = 200

/** A claim that finds nothing waits for work rather than ask again. */
export const parkedClaim = (engine: Engine) => {
  const claim = claimTasks(engine)
  const refresh = refreshLanes(engine)
  return async ({ session_id, room, wait_ms, signal }: ParkedClaim): Promise<readonly Attempt[]> => {
    const until_ms = performance.now() + Math.min(wait_ms, max_wait_ms)
    for (;;) {
      const left_ms = until_ms - performance.now()
      const rest_ms = Math.max(0, Math.min(look_ms, left_ms))
      const ready = engine.ready.next(rest_ms, signal).then(() => "look" as const)
      const moved = engine.moved.next(rest_ms, signal).then(() => "look" as const)
      const stopped = engine.stopped.next(rest_ms, signal).then(() => "return" as const)
      await refresh()
      const attempts = engine.lanes.isEmpty() ? [] : await claim({ session_id, room })
      if (attempts.length > 0 || left_ms <= 0 || signal.aborted) return attempts
      // Its worker beats when a claim comes back empty, and so learns at once what it is to stop.
      const waits = engine.lanes.isEmpty() ? [ready, stopped] : [ready, stopped, moved]
      if ((await Promise.race(waits)) === "return") return []
    }
  }
}
