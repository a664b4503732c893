import type { Overlap } from "#language/schedule.ts"
import type { FireKind, FireStatus } from "./moves.ts"

/** More than these don't wait for the run before them. */
const max_queued = 100
/** How often who waits looks whether the run before it has ended. */
export const queue_look_ms = 1_000

export type OpenFire = {
  readonly fire_at: number
  readonly kind: FireKind
  readonly status: Extract<FireStatus, "waiting" | "queued">
}

export type OverlapFacts = {
  readonly overlap: Overlap
  readonly is_paused: boolean
  /** What can be started or has to wait, in the order of their times. */
  readonly fires: readonly OpenFire[]
  /** The run that goes on. */
  readonly active: string | undefined
  readonly queued: number
}

export type Decision = {
  readonly fire_at: number
  readonly move: "start" | "queue" | "skip"
  readonly reason: string | null
}

/** What becomes of each, now that it is due. What is caught up or filled in is never left out for a run: it waits. */
export const decideFires = (facts: OverlapFacts): readonly Decision[] => {
  const decisions: Decision[] = []
  const { overlap, is_paused, fires } = facts
  const newest = fires.findLast(({ kind }) => kind === "schedule")
  let { active, queued } = facts
  for (const { fire_at, kind, status } of fires) {
    const decide = (move: Decision["move"], reason: string | null) =>
      void decisions.push({ fire_at, move, reason })
    const is_own = kind === "schedule"
    if (is_paused && kind !== "backfill") decide("skip", "the schedule was paused")
    else if (overlap === "allow") decide("start", null)
    else if (is_own && overlap === "cancel_running" && fire_at !== newest?.fire_at) {
      decide("skip", "a later time was due before the run before it had ended")
    } else if (active === undefined) {
      decide("start", null)
      active = "before it"
    } else if (is_own && overlap === "skip") decide("skip", `the run ${active} had not ended`)
    else if (is_own && overlap === "queue" && status === "waiting" && queued >= max_queued) {
      decide("skip", `${max_queued} times wait for the run before them already`)
    } else {
      const end = is_own && overlap === "cancel_running" ? "cancelled" : "ended"
      decide("queue", `waits until the run ${active} has ${end}`)
      if (status === "waiting") queued += 1
    }
  }
  return decisions
}
