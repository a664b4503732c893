import { rest } from "../follow.ts"
import type { Attempt, OpenWorker, WorkerApi, WorkResult } from "./api.ts"
import type { WorkFunction } from "./attempt.ts"
import { isRefusal } from "./errors.ts"
import { kit } from "./kit.ts"
import type { Shipper } from "./log.ts"
import type { Session } from "./session.ts"

export type Trouble = { readonly doing: string; readonly error: unknown }

export type Running = { readonly attempt: Attempt; readonly stop: AbortController }

export type Done = { readonly attempt: Attempt; readonly result: WorkResult; readonly session: Session }

/** All that a worker's loops share. */
export type State = {
  readonly api: WorkerApi
  readonly shipper: Shipper
  readonly wanted: OpenWorker & { readonly slots: number }
  readonly work: ReadonlyMap<string, WorkFunction>
  readonly onTrouble: (trouble: Trouble) => void
  readonly running: Map<string, Running>
  readonly done: Done[]
  /** Fires when it is to take nothing new. */
  readonly stopping: AbortController
  /** Fires when nobody waits for its results any more. */
  readonly over: AbortController
  /** Undefined until it is opened, and when the platform doesn't know it any more. */
  session: Session | undefined
  opening: Promise<Session> | undefined
  reporting: Promise<void> | undefined
  /** Slots that run something, hold a result that isn't reported, or are promised to a claim. */
  taken: number
  /** Whoever waits for a free slot is woken, also to learn that it is to take nothing new. */
  wake: () => void
}

const wait_ms = { first: 100, max: 2_000 }

/**
 * Does it again until it is done, after growing rests, each at random so that not all workers come at once; what the
 * platform refuses it will refuse again.
 */
export const persist = async <Answer>(
  { onTrouble }: State,
  { doing, until }: { readonly doing: string; readonly until: AbortSignal },
  once: () => Promise<Answer>,
): Promise<Answer> => {
  for (let rest_ms = wait_ms.first; ; rest_ms = Math.min(rest_ms * 2, wait_ms.max)) {
    try {
      return await once()
    } catch (error) {
      if (isRefusal(error) || until.aborted) throw error
      onTrouble({ doing, error })
      await rest(rest_ms * (0.5 + kit.random()), until)
    }
  }
}

export const give = (state: State, slots: number): void => {
  state.taken -= slots
  state.wake()
}
