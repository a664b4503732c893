import type { Database } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Signal } from "#kernel/service/signal.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Lanes } from "./lane/lanes.ts"
import type { Plans } from "./plan/plans.ts"
import type { Queues } from "./queue/queues.ts"
import type { Feed } from "./run/feed.ts"
import type { Transact } from "./step/transaction.ts"
import type { Measures } from "./task/measure.ts"

/** What the scheduler's use-cases stand on. */
export type Engine = {
  readonly database: Database
  /** Connections of their own for claims, reports and heartbeats. */
  readonly hot: Database
  /** A step's transaction on one of these. */
  readonly transact: Transact
  readonly kit: Kit
  readonly log: Log
  readonly plans: Plans
  readonly lanes: Lanes
  readonly queues: Queues
  /** Followers of runs in this process. */
  readonly feed: Feed
  /** Fires when work became claimable. */
  readonly ready: Signal
  /** Fires when runs have new events. */
  readonly moved: Signal
  /** Fires when running tasks are to stop. */
  readonly stopped: Signal
  readonly measures: Measures
}

export const lease_ms = 15_000
export const heartbeat_ms = 5_000

/** How often a task may lose its worker before it fails; a budget beside that of its retries. */
export const max_lost = 5
