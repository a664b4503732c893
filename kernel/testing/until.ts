import { setTimeout as wait } from "node:timers/promises"

/** Asks again and again until the answer is yes; fails loudly after the deadline. */
export const until = async (
  what: string,
  ask: () => boolean | Promise<boolean>,
  limit_ms = 10_000,
): Promise<void> => {
  const deadline = performance.now() + limit_ms
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`Not within ${limit_ms} ms: ${what}`)
    await wait(10)
  }
}
