import { Problem } from "#kernel/problem/problem.ts"
import { createFlights } from "#kernel/service/flights.ts"
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
 * Asks identity, but not each time: all who ask for the same share an answer, and who comes in its second half has it renewed
 * without waiting for it. What is fresh is answered at once, without a promise. While identity is away its last answer goes on
 * for a while, and then nothing does. A refusal is an answer like any other: who was let in before it isn't again once identity
 * is away.
 */
export const remembered = <Answer>(fresh_ms: number, clock = () => performance.now()) => {
  const known = recent<Known<Answer>>(max_known)
  const flight = createFlights<Answer>()

  const renewed = (key: string, ask: () => Promise<Answer>): Promise<Answer> =>
    flight(key, async () => {
      const last = known.get(key)
      const at_ms = clock()
      try {
        const answer = await ask()
        known.keep(key, { answer, at_ms })
        return answer
      } catch (error) {
        if (last && isAway(error) && at_ms - last.at_ms < max_silence_ms) return told(last)
        if (error instanceof Problem && error.status < 500) known.keep(key, { refusal: error, at_ms })
        throw error
      }
    })

  return (key: string, ask: () => Promise<Answer>): Answer | Promise<Answer> => {
    const last = known.get(key)
    const age_ms = last ? clock() - last.at_ms : fresh_ms
    if (!last || age_ms >= fresh_ms) return renewed(key, ask)
    // Whoever comes once it isn't fresh any more asks again, and hears of a failure.
    if (age_ms >= fresh_ms / 2) renewed(key, ask).catch(() => undefined)
    return told(last)
  }
}
