import { isPlain, kindOf, type Slot, type SlotKind } from "#language/slots.ts"
import { rankOf } from "./rank.ts"
import { mayTake, type Taker } from "./taker.ts"

/** What one workspace has in one queue for one kind of slot. */
export type Lane = { readonly queue: string; readonly workspace_id: string; readonly slot: Slot }

/** A lane that work has come into, and as far as that is known, what comes first of it. */
export type NotedLane = Lane & {
  readonly rank?: number
  readonly queued_ms?: number
  readonly priority?: number
}

/** A rank, and when it was looked at. */
export type SeenRank = { readonly rank: number; readonly at_ms: number }

/** A lane to take from, and the state in which it was seen. */
export type SeenLane = Lane & { readonly news: number }

/**
 * The lanes that may hold work, as far as this process knows: hints, so that no claim has to look for them. Each was
 * served some time, and the one that waits longest comes first, so that a long lane doesn't hold up a short one.
 */
export type Lanes = {
  /** Work has come into these. */
  note(lanes: Iterable<NotedLane>): void
  areEmpty(): boolean
  /** Whether there is such a lane among those that any of the platform's workers may take from. */
  some(isSuch: (lane: Lane) => boolean): boolean
  /** Those that a worker may take from. */
  of(taker: Taker, kinds: ReadonlySet<SlotKind>): readonly SeenLane[]
  /** A lane that had less than was asked for is forgotten, unless work came meanwhile; one that had more gives the last that was taken. */
  served(lane: SeenLane, last: SeenRank | undefined): void
  /** Whether what has this rank comes before all that waits in the lane, as far as was seen a short while ago. */
  comesFirst(lane: Lane, wanted: SeenRank): boolean
  /** That a limit allows more then: who waits for work looks again. */
  waitFor(wait_ms: number): void
  /** How long until then; more than any wait if there is nothing to wait for. */
  wait_ms(): number
}

type Kept = {
  readonly lane: Lane
  news: number
  served: number
  /** Nothing that waits there was seen with a lower rank, */
  floor: number
  /** then. */
  seen_ms: number
  /** The lowest rank that has come since. */
  lowest: number
}

/** Another scheduler may have put something more important there, which nobody told this one. */
const max_seen_ms = 500

const lowestRank = ({ rank, queued_ms, priority }: NotedLane): number => {
  if (rank !== undefined) return rank
  if (queued_ms === undefined || priority === undefined) return Number.NEGATIVE_INFINITY
  return rankOf(queued_ms, priority)
}

const unseen = { news: 0, served: 0, floor: Number.NEGATIVE_INFINITY, seen_ms: 0 }

const noteIn = (kept: Map<string, Kept>, lane: NotedLane): void => {
  const known = kept.get(keyOf(lane))
  const lowest = lowestRank(lane)
  if (known) {
    known.news += 1
    known.lowest = Math.min(known.lowest, lowest)
    known.floor = Math.min(known.floor, lowest)
  } else kept.set(keyOf(lane), { lane, ...unseen, lowest })
}

export const keyOf = ({ queue, workspace_id, slot }: Lane): string => `${slot} ${workspace_id} ${queue}`

/** Hints of work that only some worker may take; what falls out is found again by looking. */
const max_special = 10_000

/** Apart from what most workers take: they never look through the lanes of what they can't. */
export const createLanes = (): Lanes => {
  const plain = new Map<string, Kept>()
  const special = new Map<string, Kept>()
  const keeping = (slot: Slot) => (isPlain(slot) ? plain : special)
  let turn = 0
  let again_ms = Number.POSITIVE_INFINITY
  const lanesFor = ({ workspace_id, labels }: Taker): readonly Kept[] => {
    if (workspace_id !== null) return [...special.values()]
    return Object.keys(labels).length === 0 ? [...plain.values()] : [...plain.values(), ...special.values()]
  }
  return {
    note(lanes) {
      for (const lane of lanes) noteIn(keeping(lane.slot), lane)
      for (const oldest of special.keys()) {
        if (special.size <= max_special) break
        special.delete(oldest)
      }
    },
    areEmpty: () => plain.size + special.size === 0,
    some: (isSuch) => plain.values().some(({ lane }) => isSuch(lane)),
    of(taker, kinds) {
      return lanesFor(taker)
        .filter(({ lane }) => mayTake(taker, lane) && kinds.has(kindOf(lane.slot)))
        .sort((one, other) => one.served - other.served)
        .map(({ lane, news }) => ({ ...lane, news }))
    },
    waitFor(wait_ms) {
      again_ms = Math.min(again_ms, performance.now() + wait_ms)
    },
    wait_ms() {
      const rest_ms = again_ms - performance.now()
      if (rest_ms <= 0) again_ms = Number.POSITIVE_INFINITY
      return Math.max(rest_ms, 0)
    },
    served(lane, last) {
      const kept = keeping(lane.slot)
      const known = kept.get(keyOf(lane))
      if (!known) return
      turn += 1
      known.served = turn
      if (last) {
        known.floor = Math.min(last.rank, known.lowest)
        known.seen_ms = last.at_ms
        known.lowest = Number.POSITIVE_INFINITY
      } else if (known.news === lane.news) kept.delete(keyOf(lane))
    },
    comesFirst(lane, { rank, at_ms }) {
      const known = keeping(lane.slot).get(keyOf(lane))
      return known !== undefined && at_ms - known.seen_ms <= max_seen_ms && rank <= known.floor
    },
  }
}
