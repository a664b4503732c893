import { setTimeout as wait } from "node:timers/promises"

/** Waits until the answer is there, and throws with what was awaited when it doesn't come. */
export const until = async <Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  max_ms = 45_000,
): Promise<Answer> => {
  const deadline = performance.now() + max_ms
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`Not within ${max_ms} ms: ${what}`)
    await wait(10)
  }
}
