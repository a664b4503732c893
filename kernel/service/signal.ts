/** Wakes who waits in this process. Nothing relies on it: every waiter also looks again by itself. */
export type Signal = {
  fire(): void
  /** Resolves at the next fire, or after `wait_ms`, or when `signal` aborts. */
  next(wait_ms: number, signal?: AbortSignal): Promise<void>
}

export const createSignal = (): Signal => {
  const waiting = new Set<() => void>()
  return {
    fire() {
      for (const wake of [...waiting]) wake()
    },
    next: (wait_ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          waiting.delete(wake)
          signal?.removeEventListener("abort", wake)
          resolve()
        }
        const timer = setTimeout(wake, wait_ms)
        waiting.add(wake)
        if (signal?.aborted) wake()
        else signal?.addEventListener("abort", wake)
      }),
  }
}
