import { Problem } from "#kernel/problem/problem.ts"
import { recent } from "#kernel/service/recent.ts"

/** For how long one goes on with what was known while identity can't be reached. */
const max_silence_ms = 60_000
const max_known = 10_000

const isAway = (error: unknown): boolean => error instanceof Problem && error.code === "platform.unavailable"

/** Asks identity, but not each time; while it is away its last answer goes on for a while, and then nothing does. */
export const remembered = <Answer>(fresh_ms: number, clock = () => performance.now()) => {
  const known = recent<{ readonly answer: Answer; readonly at_ms: number }>(max_known)
  return async (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const last = known.get(key)
    const asked_ms = clock()
    if (last && asked_ms - last.at_ms < fresh_ms) return last.answer
    try {
      const answer = await ask()
      known.keep(key, { answer, at_ms: asked_ms })
      return answer
    } catch (error) {
      if (last && isAway(error) && asked_ms - last.at_ms < max_silence_ms) return last.answer
      throw error
    }
  }
}
