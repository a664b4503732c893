import type { Documents } from "#kernel/documents/documents.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Execution } from "./execution/execution.ts"
import type { Look } from "./run/look.ts"
import type { RunSignal } from "./run/signal.ts"
import type { IsThere } from "./run/there.ts"
import type { Troubles } from "./run/trouble.ts"

/** How long readers wait for what is not there yet. */
export type Patience = {
  /** For lines that were announced, once their run has ended; then the gap is stated. */
  readonly gap_ms: number
  /** For lines of attempts that ended without saying how many there are. */
  readonly unannounced_ms: number
  /** Between signs of life on a stream that has nothing else to say. */
  readonly heartbeat_ms: number
}

export const patience: Patience = {
  gap_ms: 10_000,
  unannounced_ms: 1_000,
  heartbeat_ms: 10_000,
}

/** What the use-cases of metadata stand on. */
export type Archive = {
  readonly documents: Documents
  /** Reads for those who follow: shared by all who ask for the same at once. */
  readonly look: Look
  /** Makes it findable when these have ended. */
  readonly mark: (ended: readonly Execution[]) => Promise<void>
  readonly kit: Kit
  readonly log: Log
  /** Fires when a run has new lines or events. */
  readonly moved: RunSignal
  readonly troubles: Troubles
  readonly isThere: IsThere
  readonly patience: Patience
  /** Logs and attempts are kept for so long, or less where a workspace says so. */
  readonly max_keep_days: number
}
