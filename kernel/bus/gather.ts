/** Wakes a loop that reads what is published. */
export type Gathering = {
  /** A round begins. */
  begun(): void
  /** At once where the last round began a while ago, unless more may linger. */
  wakeSoon(): void
  stop(): void
}

/** What is published soon after a round began waits for the next one: a busy outbox is read in batches. */
const gap_ms = 20

export const createGathering = (wake: () => void, linger_ms = 0): Gathering => {
  let begun_ms = Number.NEGATIVE_INFINITY
  let soon: ReturnType<typeof setTimeout> | undefined
  const wakeNow = () => {
    soon = undefined
    wake()
  }
  return {
    begun() {
      begun_ms = performance.now()
    },
    wakeSoon() {
      if (soon !== undefined) return
      const rest_ms = Math.max(begun_ms + gap_ms - performance.now(), linger_ms)
      if (rest_ms <= 0) wakeNow()
      else soon = setTimeout(wakeNow, rest_ms)
    },
    stop() {
      clearTimeout(soon)
    },
  }
}
