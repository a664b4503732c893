import { WfProblem, WfUnreachable } from "./problem.ts"

const wait_ms = { first: 100, max: 2_000 }

export type Following = {
  readonly signal: AbortSignal | undefined
  /** How long a server may stay away before following gives up. */
  readonly max_away_ms: number
}

const isPassing = (error: unknown): boolean => {
  if (error instanceof WfUnreachable) return true
  if (error instanceof WfProblem) return error.status >= 500 || error.status === 429
  // A stream that breaks in the middle fails as a plain network error.
  return error instanceof TypeError || (error instanceof Error && error.name !== "AbortError")
}

/** Fires when one of these does. */
export const either = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined => {
  const given = signals.filter((signal) => signal !== undefined)
  return given.length > 1 ? AbortSignal.any(given) : given[0]
}

/** Rests, unless there is a reason to leave. */
export const rest = (rest_ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, rest_ms)
    if (signal?.aborted) end()
    else signal?.addEventListener("abort", end)
  })

/** Opens a stream again and again, each time from where it was, until it says that it is complete. */
export async function* following<Item>(
  open: () => AsyncIterable<Item>,
  isComplete: () => boolean | Promise<boolean>,
  { signal, max_away_ms }: Following,
): AsyncGenerator<Item> {
  let rest_ms = wait_ms.first
  let away_since_ms: number | undefined
  for (;;) {
    try {
      for await (const item of open()) {
        yield item
        rest_ms = wait_ms.first
        away_since_ms = undefined
      }
      if (await isComplete()) return
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error
      away_since_ms ??= performance.now()
      if (performance.now() - away_since_ms > max_away_ms) throw error
    }
    await rest(rest_ms, signal)
    rest_ms = Math.min(rest_ms * 2, wait_ms.max)
  }
}
