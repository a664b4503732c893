import { setTimeout as wait } from "node:timers/promises"
import { Problem } from "#kernel/problem/problem.ts"

const max_tries = 5
const first_wait_ms = 200

type Patience = {
  /** What may be otherwise at a further try. */
  readonly isPassing: (error: unknown) => boolean
  /** Once it is aborted nobody waits, nor asks again. */
  readonly signal?: AbortSignal
}

const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 503

/** Asks again while a service is away, for some seconds: it may be starting anew, which is no reason to fail. */
export const patiently = async <Answer>(
  ask: () => Promise<Answer>,
  { isPassing, signal }: Patience = { isPassing: isAway },
): Promise<Answer> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (signal?.aborted || !isPassing(error) || tries === max_tries) throw error
      await wait(first_wait_ms * 2 ** tries, undefined, { signal }).catch(() => undefined)
    }
  }
}
