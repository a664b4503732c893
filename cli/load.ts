import { rest } from "#sdk/follow.ts"
import { WfProblem } from "#sdk/problem.ts"

export type Load = {
  readonly count: number
  readonly concurrency: number
  readonly signal: AbortSignal
  readonly once: (index: number) => Promise<unknown>
}

export type Loaded = {
  readonly answered: number
  /** Times the platform said that it is too much just now; each was asked again. */
  readonly refused: number
  readonly elapsed_ms: number
  readonly times_ms: readonly number[]
}

const again_ms = 100

const isTooMuch = (error: unknown): boolean =>
  error instanceof WfProblem && (error.status === 429 || error.status === 503)

/** So many clients, each of which asks again as soon as it is answered. What is answered so far is there at any time. */
export const startLoad = ({ count, concurrency, signal, once }: Load) => {
  const from_ms = performance.now()
  const times_ms: number[] = []
  let refused = 0
  let begun = 0
  let until_ms: number | undefined

  const ask = async (index: number): Promise<void> => {
    for (;;) {
      const asked_ms = performance.now()
      try {
        await once(index)
        times_ms.push(performance.now() - asked_ms)
        return
      } catch (error) {
        if (signal.aborted) return
        if (!isTooMuch(error)) throw error
        refused += 1
        await rest(again_ms, signal)
      }
    }
  }

  const client = async (): Promise<void> => {
    while (begun < count && !signal.aborted) {
      begun += 1
      await ask(begun - 1)
    }
  }

  const ended = Promise.all(Array.from({ length: Math.min(concurrency, count) }, client)).then(() => {
    until_ms = performance.now()
  })
  return {
    ended,
    soFar: (): Loaded => ({
      answered: times_ms.length,
      refused,
      elapsed_ms: (until_ms ?? performance.now()) - from_ms,
      times_ms,
    }),
  }
}
