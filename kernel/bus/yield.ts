import { setTimeout as wait } from "node:timers/promises"
import { systemKit } from "#kernel/service/kit.ts"
import { machineUsedMs, usedMs } from "#kernel/service/used.ts"

/** How far a consumer steps back while others are busy. */
export type Yielding = {
  /** At most this share of the time is its own then, */
  readonly share: number
  /** unless what it handles is older than that: it must not fall behind for ever. */
  readonly max_late_ms: number
  /** The bus's own, unless a test has another. */
  readonly gauge?: Gauge
}

/** What time and work are measured by. */
export type Gauge = {
  now_ms(): number
  /** By the calendar, in place of the clock that only goes forwards. */
  today_ms(): number
  /** What everybody who may be in the way has used of a processor so far. */
  used_ms(): number
  /** While less than this share of it is used, nobody is. */
  readonly quiet_share: number
  /** Ends early, without an error, when the signal is given. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

type Handled = {
  /** When that began, by the gauge. */
  readonly from_ms: number
  readonly oldest: { readonly at: string } | undefined
}

type Seen = { readonly at_ms: number; readonly used_ms: number }

type Rests = { readonly now_ms: () => number; after(handled: Handled, signal: AbortSignal): Promise<void> }

/** To ask what is used takes the system up to a tenth of a millisecond. */
const look_ms = 20
/** Over about so long: work that waits for its database for a moment uses nothing either. */
const memory_ms = 50
/** However long something took: others wait for the members of a group. */
const max_rest_ms = 2_000

/** Rests after what was handled, in proportion to what it took. Batches that are handled at the same time add up. */
export const createRests = ({ share, max_late_ms, gauge }: Required<Yielding>): Rests => {
  let free_ms = Number.NEGATIVE_INFINITY
  let used_share = 1

  const seenNow = (): Seen => ({ at_ms: gauge.now_ms(), used_ms: gauge.used_ms() })

  const look = async (from: Seen, signal: AbortSignal): Promise<Seen> => {
    await gauge.wait(Math.min(look_ms, free_ms - from.at_ms), signal)
    const seen = seenNow()
    const passed_ms = seen.at_ms - from.at_ms
    if (passed_ms <= 0) return from
    const weight = 1 - Math.exp(-passed_ms / memory_ms)
    used_share += ((seen.used_ms - from.used_ms) / passed_ms - used_share) * weight
    if (used_share < gauge.quiet_share) free_ms = from.at_ms
    return seen
  }

  return {
    now_ms: gauge.now_ms,
    async after({ from_ms, oldest }, signal) {
      if (oldest && gauge.today_ms() - Date.parse(oldest.at) > max_late_ms) return
      const now_ms = gauge.now_ms()
      const owed_ms = (now_ms - from_ms) * (1 / share - 1)
      free_ms = Math.min(Math.max(free_ms, now_ms) + owed_ms, now_ms + max_rest_ms)
      let seen = seenNow()
      while (gauge.now_ms() < free_ms && !signal.aborted) seen = await look(seen, signal)
    },
  }
}

const clocks = {
  now_ms: () => performance.now(),
  today_ms: () => systemKit().now().getTime(),
  wait: (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }).catch(() => undefined),
}

/** Where all services are one process: what it does beside. */
export const processGauge: Gauge = { ...clocks, used_ms: usedMs, quiet_share: 0.25 }

/** Where the others are processes of their own, which may share the machine. */
export const machineGauge: Gauge = { ...clocks, used_ms: machineUsedMs, quiet_share: 0.5 }
