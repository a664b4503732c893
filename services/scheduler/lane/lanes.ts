import type { Slot } from "#language/slots.ts"

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
  of(queues: readonly string[], slots: ReadonlySet<Slot>): readonly SeenLane[]
  /** A lane that had less than was asked for is forgotten, unless work came meanwhile. */
  served(lane: SeenLane, isEmpty: boolean): void
  /** That a limit allows more then: who waits for work looks again. */
  waitFor(wait_ms: number): void
  /** How long until then; more than any wait if there is nothing to wait for. */
  wait_ms(): number
}

type Kept = { lane: Lane; news: number; served: number }

export const keyOf = ({ queue, workspace_id, slot }: Lane): string => `${slot} ${workspace_id} ${queue}`

export const createLanes = (): Lanes => {
  const kept = new Map<string, Kept>()
  let turn = 0
  let again_ms = Number.POSITIVE_INFINITY
  return {
    note(lanes) {
      for (const lane of lanes) {
        const known = kept.get(keyOf(lane))
        if (known) known.news += 1
        else kept.set(keyOf(lane), { lane, news: 0, served: 0 })
      }
    },
    areEmpty: () => kept.size === 0,
    of(queues, slots) {
      const all = queues.includes("*")
      return [...kept.values()]
        .filter(({ lane }) => slots.has(lane.slot) && (all || queues.includes(lane.queue)))
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
      const known = kept.get(keyOf(lane))
      if (!known) return
      turn += 1
      known.served = turn
      if (isEmpty && known.news === lane.news) kept.delete(keyOf(lane))
    },
  }
}
