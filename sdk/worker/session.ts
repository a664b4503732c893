import type { Attempt, Held } from "./api.ts"

/** What one opened worker has claimed and not yet settled, and which of its claims have been answered. */
export type Session = {
  readonly worker_id: string
  readonly heartbeat_ms: number
  /** Runs a call that may claim, and notes what its answer brought. */
  claiming<Answer>(
    call: () => Promise<Answer>,
    attemptsIn: (answer: Answer) => readonly Attempt[],
  ): Promise<Answer>
  held(): readonly Held[]
  settled(attempt: Held): void
  /** The newest token of which every older claim has been answered too. */
  lastToken(): string
}

export const keyOf = ({ task_run_id, token }: Held): string => `${task_run_id} ${token}`

export const createSession = (worker_id: string, heartbeat_ms: number): Session => {
  const held = new Map<string, Held>()
  const under_way = new Set<{ readonly answered_before: bigint }>()
  let answered = 0n
  return {
    ...{ worker_id, heartbeat_ms },
    async claiming(send, attemptsIn) {
      const call = { answered_before: answered }
      under_way.add(call)
      try {
        const answer = await send()
        for (const { task_run_id, token } of attemptsIn(answer)) {
          held.set(keyOf({ task_run_id, token }), { task_run_id, token })
          if (BigInt(token) > answered) answered = BigInt(token)
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
      return String(token)
    },
  }
}
