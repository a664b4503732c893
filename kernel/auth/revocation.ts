const check_ms = 250

export type Revocation = {
  /** The work's outcome, or the check's refusal, whichever comes first. One at a time. */
  during<Answer>(work: Promise<Answer>): Promise<Answer>
  stop(): void
}

/**
 * Asks the check over and over until it throws or is stopped. Nobody waits for a check that hangs longer than the last one.
 * Who waits is told by a call: each race with a promise that lasts as long as the stream would keep its piece as long.
 */
export const revocation = (check: () => Promise<unknown>): Revocation => {
  let stopped = false
  let refused: { readonly error: unknown } | undefined
  let cutOff: ((error: unknown) => void) | undefined
  const ask = () =>
    check().then(
      () => {
        if (!stopped) timer = setTimeout(ask, check_ms)
      },
      (error: unknown) => {
        refused = { error }
        cutOff?.(error)
      },
    )
  let timer = setTimeout(ask, check_ms)
  return {
    during: (work) =>
      new Promise((resolve, reject) => {
        cutOff = reject
        if (refused) reject(refused.error)
        work.then(resolve, reject)
      }),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
