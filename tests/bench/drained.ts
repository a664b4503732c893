import { setTimeout as wait } from "node:timers/promises"
import type { Api } from "./api.ts"

const looks_ms = { least: 10, most: 2_000 }
const max_still_ms = 30_000

/** Looks rarely while much is left and often near the end: counting costs what is being measured. */
const restMs = (left: number, done: number, elapsed_ms: number): number => {
  if (done <= 0) return looks_ms.least
  const expected_ms = (left * elapsed_ms) / done / 2
  return Math.min(Math.max(expected_ms, looks_ms.least), looks_ms.most)
}

/** Waits until nothing of a queue is left to do; answers how many have become dead letters. */
export const drained = async (api: Api, name: string): Promise<number> => {
  const from_ms = performance.now()
  let first: number | undefined
  let last = Number.POSITIVE_INFINITY
  let changed_ms = from_ms
  for (;;) {
    const queue = await api.queue(name)
    const left = queue.pending + queue.queued + queue.running + queue.retrying
    if (left === 0) return queue.dead_letters
    first ??= left
    const now_ms = performance.now()
    if (left < last) changed_ms = now_ms
    last = left
    if (now_ms - changed_ms > max_still_ms) throw new Error(`${left} jobs of ${name} don't get done`)
    await wait(restMs(left, first - left, now_ms - from_ms))
  }
}
