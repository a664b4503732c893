/** A clock that stands still, and skips to what is due next. */
export type SkippedClock = {
  now_ms(): number
  /** Answers how it isn't wanted any more. */
  at(due_ms: number, work: () => void): () => void
  /** When the next is due; undefined if there is none. */
  next_ms(): number | undefined
  /** Goes there, and does what is due by then. */
  skipTo(time_ms: number): void
}

type Due = { readonly due_ms: number; readonly work: () => void }

export const createSkippedClock = (start_ms: number): SkippedClock => {
  const waiting = new Set<Due>()
  let now_ms = start_ms
  return {
    now_ms: () => now_ms,
    at(due_ms, work) {
      const due = { due_ms, work }
      waiting.add(due)
      return () => void waiting.delete(due)
    },
    next_ms() {
      const times = [...waiting].map(({ due_ms }) => due_ms)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    skipTo(time_ms) {
      now_ms = Math.max(now_ms, time_ms)
      for (const due of [...waiting]) {
        if (due.due_ms > now_ms || !waiting.delete(due)) continue
        due.work()
      }
    },
  }
}
