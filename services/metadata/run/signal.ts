/** Wakes who follows a run in this process. Nothing relies on it: every follower also looks by itself. */
export type RunSignal = {
  fire(run_id: string): void
  /** Resolves at the run's next fire, or after `wait_ms`, or when `signal` aborts. */
  next(run_id: string, wait_ms: number, signal: AbortSignal): Promise<void>
}

export const createRunSignal = (): RunSignal => {
  const waiting = new Map<string, Set<() => void>>()

  const forget = (run_id: string, wake: () => void) => {
    const wakes = waiting.get(run_id)
    wakes?.delete(wake)
    if (wakes?.size === 0) waiting.delete(run_id)
  }

  return {
    fire(run_id) {
      for (const wake of [...(waiting.get(run_id) ?? [])]) wake()
    },
    next: (run_id, wait_ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          forget(run_id, wake)
          signal.removeEventListener("abort", wake)
          resolve()
        }
        const timer = setTimeout(wake, wait_ms)
        const wakes = waiting.get(run_id) ?? new Set()
        waiting.set(run_id, wakes.add(wake))
        if (signal.aborted) wake()
        else signal.addEventListener("abort", wake)
      }),
  }
}
