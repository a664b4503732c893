import { setTimeout as wait } from "node:timers/promises"
import type { Log } from "#kernel/telemetry/log.ts"

/** Everything long-running has this lifecycle. Stopping twice is fine; stop waits for the work in hand. */
export type Loop = {
  readonly name: string
  start(): void
  stop(): Promise<void>
}

export type Work = {
  readonly name: string
  /** One round. Answers true when there is more to do at once. */
  readonly round: (signal: AbortSignal) => Promise<boolean>
  /** How long to rest after a round that found nothing. */
  readonly idle_ms: number
  /** In place of it, where that changes. */
  readonly rest_ms?: () => number
  /** The rest after a round that failed; it doubles from `min_backoff_ms` (`idle_ms`, unless given) up to here. */
  readonly max_backoff_ms?: number
  readonly min_backoff_ms?: number
  readonly log: Log
}

export type WakeableLoop = Loop & {
  /** Ends the present rest, so that the next round starts now. */
  wake(): void
}

export const loop = (work: Work): WakeableLoop => {
  const stopping = new AbortController()
  let resting = new AbortController()
  let woken = false
  let failures = 0
  let running: Promise<void> | undefined

  const rest = async (rest_ms: number) => {
    if (woken || stopping.signal.aborted) return
    resting = new AbortController()
    await wait(rest_ms, undefined, { signal: resting.signal }).catch(() => undefined)
  }

  const once = async () => {
    woken = false
    try {
      const more = await work.round(stopping.signal)
      failures = 0
      if (!more) await rest(work.rest_ms?.() ?? work.idle_ms)
    } catch (error) {
      failures += 1
      if (!stopping.signal.aborted) work.log.warn({ event: "loop.failed", loop: work.name, failures, error })
      woken = false
      const first_ms = work.min_backoff_ms ?? work.idle_ms
      await rest(Math.min(first_ms * 2 ** Math.min(failures - 1, 16), work.max_backoff_ms ?? 5_000))
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) await once()
  }

  return {
    name: work.name,
    start() {
      running ??= run()
    },
    async stop() {
      stopping.abort()
      resting.abort()
      await running
    },
    wake() {
      woken = true
      resting.abort()
    },
  }
}
