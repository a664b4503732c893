import { isPlain, kindOf, type Slot, type SlotKind } from "#language/slots.ts"
import { mayTake, type Taker } from "./taker.ts"

/** What one workspace has in one queue for one kind of slot. */
export type Lane = { readonly queue: string; readonly workspace_id: string; readonly slot: Slot }

/** A lane to take from, and the state in which it was seen. */
export type SeenLane = Lane & { readonly news: number }

/**
 * The lanes that may hold work, as far as this process knows: hints, so that no claim has to look for them. Each was
 * served some time, and the one that waits longest comes first, so that a long lane doesn't hold up a short one.
 */
export type Lanes = {
  /** Work has come into these. */
  note(lanes: Iterable<Lane>): void
  areEmpty(): boolean
  /** Those that a worker may take from. */
  of(taker: Taker, kinds: ReadonlySet<SlotKind>): readonly SeenLane[]
  /** A lane that had less than was asked for is forgotten, unless work came meanwhile. */
  served(lane: SeenLane, isEmpty: boolean): void
  /** That a limit allows more then: who waits for work looks again. */
  waitFor(wait_ms: number): void
  /** How long until then; more than any wait if there is nothing to wait for. */
  wait_ms(): number
}

type Kept = { lane: Lane; news: number; served: number }

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
      for (const lane of lanes) {
        const kept = keeping(lane.slot)
        const known = kept.get(keyOf(lane))
        if (known) known.news += 1
        else kept.set(keyOf(lane), { lane, news: 0, served: 0 })
      }
      for (const oldest of special.keys()) {
        if (special.size <= max_special) break
        special.delete(oldest)
      }
    },
    areEmpty: () => plain.size + special.size === 0,
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
    served(lane, isEmpty) {
      const kept = keeping(lane.slot)
      const known = kept.get(keyOf(lane))
      if (!known) return
      turn += 1
      known.served = turn
      if (isEmpty && known.news === lane.news) kept.delete(keyOf(lane))
    },
  }
}
