import { Problem } from "#kernel/problem/problem.ts"

const max_tries = 5
const first_wait_ms = 200

/** Asks again while a service is away, for some seconds: it may be starting anew, which is no reason to fail. */
export const patiently = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503 || tries === max_tries) throw error
      await Bun.sleep(first_wait_ms * 2 ** tries)
    }
  }
}
