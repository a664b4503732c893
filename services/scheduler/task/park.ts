import { setTimeout as wait } from "node:timers/promises"
import type { Engine } from "../engine.ts"
import { openLanes } from "../lane/share.ts"
import { anybody, type Taker } from "../lane/taker.ts"
import type { UnderWay } from "../session/seats.ts"
import type { Attempt } from "./attempt.ts"
import { claimTasks } from "./claim.ts"

type ParkedClaim = UnderWay & {
  readonly wait_ms: number
  readonly signal: AbortSignal
}

const max_wait_ms = 25_000

/** A lost wake-up, or one that went to another scheduler, costs at most this. */
const look_ms = 200

/** A claim that finds nothing waits for work rather than ask again. */
export const parkedClaim = (engine: Engine, refresh: () => Promise<void>) => {
  const claim = claimTasks(engine)
  const takeOrWait = async (parked: ParkedClaim): Promise<readonly Attempt[]> => {
    const { session_id, signal } = parked
    const until_ms = performance.now() + Math.min(parked.wait_ms, max_wait_ms)
    for (;;) {
      const left_ms = until_ms - performance.now()
      const rest_ms = Math.max(0, Math.min(look_ms, left_ms))
      const ready = engine.ready.next(rest_ms, signal).then(() => "look" as const)
      const moved = engine.moved.next(rest_ms, signal).then(() => "look" as const)
      const stopped = engine.stopped.next(rest_ms, signal).then(() => "return" as const)
      await refresh()
      const session = engine.sessions.get(session_id)
      const room = engine.seats.unserved(parked)
      // One that this process doesn't know is known once it has claimed.
      const isIdle = session !== undefined && openLanes(engine, lookingFor(session), room).length === 0
      const attempts = isIdle ? [] : await claim({ session_id, room })
      if (attempts.length > 0 || left_ms <= 0 || signal.aborted) return attempts
      // Its worker beats when a claim comes back empty, and so learns at once what it is to stop.
      const waits: Promise<"look" | "return">[] = isIdle ? [ready, stopped] : [ready, stopped, moved]
      const wait_ms = engine.lanes.wait_ms()
      if (wait_ms < rest_ms)
        waits.push(wait(wait_ms, "look" as const, { signal }).catch(() => "look" as const))
      const seat = isIdle && session?.workspace_id === null ? engine.seats.sit(parked, session) : undefined
      if (seat) waits.push(seat.given.then(() => "look" as const))
      const next = await Promise.race(waits)
      const given = (await seat?.leave()) ?? []
      if (given === "spent") return []
      if (given.length > 0 || next === "return") return given
    }
  }
  return (parked: ParkedClaim) => engine.seats.serve(parked, () => takeOrWait(parked))
}

/** Whoever has a seat is given new work before anything else is asked, so nothing may wait for anybody. */
const lookingFor = (session: Taker): Taker =>
  session.workspace_id === null ? { ...anybody, labels: session.labels } : session
