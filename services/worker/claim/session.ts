import type { Client } from "@connectrpc/connect"
import type { Attempt, SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

export type Scheduler = Client<typeof SchedulerService>

/** What this worker has claimed and not yet settled, and which of its claims have been answered. */
export type Session = {
  readonly id: string
  /** Runs a call that may claim, and notes what its answer brought. */
  claiming<Answer extends { readonly attempts: readonly Attempt[] }>(
    call: () => Promise<Answer>,
  ): Promise<Answer>
  held(): readonly Attempt[]
  settled(attempt: Attempt): void
  /** The newest token of which every older claim has been answered too. */
  lastToken(): bigint
}

type Call = { readonly answered_before: bigint }

export const createSession = (id: string): Session => {
  const held = new Map<string, Attempt>()
  const under_way = new Set<Call>()
  const keyOf = (attempt: Attempt) => `${attempt.taskRunId} ${attempt.token}`
  let answered = 0n
  return {
    id,
    async claiming(send) {
      const call = { answered_before: answered }
      under_way.add(call)
      try {
        const answer = await send()
        for (const attempt of answer.attempts) {
          held.set(keyOf(attempt), attempt)
          if (attempt.token > answered) answered = attempt.token
        }
        return answer
      } finally {
        under_way.delete(call)
      }
    },
    held: () => [...held.values()],
    settled(attempt) {
      held.delete(keyOf(attempt))
    },
    lastToken() {
      let token = answered
      for (const { answered_before } of under_way) if (answered_before < token) token = answered_before
      return token
    },
  }
}
