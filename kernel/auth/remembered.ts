import { Problem } from "#kernel/problem/problem.ts"
import { recent } from "#kernel/service/recent.ts"

/** For how long one goes on with what was known while identity can't be reached. */
const max_silence_ms = 60_000
const max_known = 10_000

const isAway = (error: unknown): boolean => error instanceof Problem && error.code === "platform.unavailable"

type Known<Answer> = { readonly at_ms: number } & (
  | { readonly answer: Answer }
  | { readonly refusal: Problem }
)

const told = <Answer>(known: Known<Answer>): Answer => {
  if ("refusal" in known) throw known.refusal
  return known.answer
}

/**
 * Asks identity, but not each time; while it is away its last answer goes on for a while, and then nothing does. A refusal is an answer
 * like any other: who was let in before it isn't again once identity is away. What is fresh is answered at once, without a promise.
 */
export const remembered = <Answer>(fresh_ms: number, clock = () => performance.now()) => {
  const known = recent<Known<Answer>>(max_known)
  const asked = async (key: string, ask: () => Promise<Answer>, at_ms: number): Promise<Answer> => {
    const last = known.get(key)
    try {
      const answer = await ask()
      known.keep(key, { answer, at_ms })
      return answer
    } catch (error) {
      if (last && isAway(error) && at_ms - last.at_ms < max_silence_ms) return told(last)
      if (error instanceof Problem && error.status < 500) known.keep(key, { refusal: error, at_ms })
      throw error
    }
  }
  return (key: string, ask: () => Promise<Answer>): Answer | Promise<Answer> => {
    const last = known.get(key)
    const at_ms = clock()
    return last && at_ms - last.at_ms < fresh_ms ? told(last) : asked(key, ask, at_ms)
  }
}
