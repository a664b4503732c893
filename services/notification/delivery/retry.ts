import type { Outcome } from "./outcome.ts"

/** How long after each failed try the next one comes: a bit more than a day in all. */
const waits_s = [10, 60, 300, 1_800, 7_200, 14_400, 28_800, 36_000] as const
const jitter = 0.1

export type Next =
  | { readonly move: "arrive" }
  | { readonly move: "retry"; readonly wait_ms: number }
  | { readonly move: "bury" }

/** What becomes of a delivery after an attempt. */
export const nextFor = (outcome: Outcome, tries: number, chance: number): Next => {
  if (outcome.delivered) return { move: "arrive" }
  const wait_s = waits_s[tries - 1]
  if (wait_s === undefined || outcome.is_final || outcome.is_gone) return { move: "bury" }
  const usual_ms = wait_s * 1_000 * (1 + jitter * (2 * chance - 1))
  return { move: "retry", wait_ms: Math.max(usual_ms, outcome.retry_after_ms ?? 0) }
}
