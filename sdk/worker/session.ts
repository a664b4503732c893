import { createHeldAttempts, type HeldAttempts } from "#language/held-attempts.ts"
import type { Attempt, Held } from "./api.ts"

/** One opened worker, and what it has claimed and not yet settled. */
export type Session = Omit<HeldAttempts<Held>, "claiming" | "lastToken"> & {
  readonly worker_id: string
  readonly heartbeat_ms: number
  claiming<Answer>(
    call: () => Promise<Answer>,
    attemptsIn: (answer: Answer) => readonly Attempt[],
  ): Promise<Answer>
  lastToken(): string
}

export const keyOf = ({ task_run_id, token }: Held): string => `${task_run_id} ${token}`

export const createSession = (worker_id: string, heartbeat_ms: number): Session => {
  const attempts = createHeldAttempts<Held>({ keyOf, tokenOf: ({ token }) => BigInt(token) })
  return {
    ...attempts,
    ...{ worker_id, heartbeat_ms },
    claiming: (call, attemptsIn) => attempts.claiming(call, (answer) => attemptsIn(answer).map(heldOf)),
    lastToken: () => String(attempts.lastToken()),
  }
}

/** Heartbeats tell no more than this. */
const heldOf = ({ task_run_id, token }: Attempt): Held => ({ task_run_id, token })
