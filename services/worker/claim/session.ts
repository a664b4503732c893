import type { Client } from "@connectrpc/connect"
import { createHeldAttempts, type HeldAttempts } from "#language/held-attempts.ts"
import type { Attempt, SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

export type Scheduler = Client<typeof SchedulerService>

/** What this worker has claimed and not yet settled. */
export type Session = Omit<HeldAttempts<Attempt>, "claiming"> & {
  readonly id: string
  claiming<Answer extends { readonly attempts: readonly Attempt[] }>(
    call: () => Promise<Answer>,
  ): Promise<Answer>
}

export const createSession = (id: string): Session => {
  // What is settled is the very attempt that was claimed.
  const attempts = createHeldAttempts<Attempt>({ keyOf: (attempt) => attempt, tokenOf: ({ token }) => token })
  return { ...attempts, id, claiming: (call) => attempts.claiming(call, (answer) => answer.attempts) }
}
