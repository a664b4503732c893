import { slotOf } from "#language/slots.ts"
import type { Attempt, Result } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { no_room, type Room } from "../claim/slots.ts"

type Run = (attempt: Attempt, stop: AbortController) => Promise<Result>

export type Running = { readonly run: Run; now(): Room }

/** Counts what really runs: slots are also taken by a claim that waits for work. */
export const countRunning = (run: Run): Running => {
  const running: Record<keyof Room, number> = { ...no_room }
  const kindOf = ({ type }: Attempt): keyof Room => (slotOf(type) === "inline" ? "inline" : "process")
  return {
    async run(attempt, stop) {
      const kind = kindOf(attempt)
      running[kind] += 1
      try {
        return await run(attempt, stop)
      } finally {
        running[kind] -= 1
      }
    },
    now: () => ({ ...running }),
  }
}
