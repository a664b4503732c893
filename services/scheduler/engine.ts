import type { Database } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { type Recent, recent } from "#kernel/service/recent.ts"
import { createSignal, type Signal } from "#kernel/service/signal.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import type { Inputs } from "#language/given-inputs.ts"
import { createTold, type Told } from "./fact/told.ts"
import { createLanes, type Lanes } from "./lane/lanes.ts"
import type { Taker } from "./lane/taker.ts"
import { createPlans, type Plans } from "./plan/plans.ts"
import { createQueues, type Queues } from "./queue/queues.ts"
import { createFeed, type Feed } from "./run/feed.ts"
import { createKnownRuns, type KnownRuns } from "./run/known.ts"
import { createPrecedence, type Precedence } from "./session/precedence.ts"
import { createSeats, type Seats } from "./session/seats.ts"
import { transactOver } from "./step/postgres.ts"
import type { TaskRow } from "./step/rows.ts"
import type { Transact } from "./step/transaction.ts"
import { createMeasures, type Measures } from "./task/measure.ts"

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
  readonly known: KnownRuns
  /** Jobs as this process has given them to workers; whether they are so still is for the database to say. */
  readonly known_jobs: Recent<TaskRow>
  /** Sessions as this process has seen them last. That one is alive still is for the database to say. */
  readonly sessions: Recent<Taker>
  /** What this process has given to remote workers, by attempt, for its history. */
  readonly given_inputs: Recent<Inputs>
  readonly seats: Seats
  /** Between those who bring work and those who have done some. */
  readonly precedence: Precedence
  /** By the id of a part, the run that it is a part of; that never changes. */
  readonly wholes: Recent<string>
  readonly told: Told
  /** Followers of runs in this process. */
  readonly feed: Feed
  /** Fires when work became claimable. */
  readonly ready: Signal
  /** Fires when runs have new events. */
  readonly moved: Signal
  /** Fires when running tasks are to stop. */
  readonly stopped: Signal
  /** Fires when timers were set that are due at once. */
  readonly due: Signal
  readonly measures: Measures
}

type Ground = Pick<Engine, "database" | "hot" | "kit" | "log"> & {
  readonly metrics: Metrics
  /** Whether the worker and those who write the history down are in this process. */
  readonly is_shared?: boolean
}

export const max_known_jobs = 5_000
export const max_sessions = 1_000
export const max_wholes = 5_000
export const max_given_inputs = 5_000
/** Fewer than a worker reports at once: while something is being created, a full report goes alone. */
export const max_beside = 100
const ample_room = 32
/** Of processes that may be on the same machine, what is settled takes several times as much as it takes of this one. */
const rests_elsewhere = 3

/** An engine that shares nothing in memory with any other. */
export const createEngine = ({ metrics, is_shared = true, ...ground }: Ground): Engine => {
  const ready = createSignal()
  const lanes = createLanes()
  const queues = createQueues()
  const wake = () => {
    if (!lanes.areEmpty()) ready.fire()
  }
  return {
    ...ground,
    ...{ ready, lanes },
    transact: transactOver(ground.hot),
    plans: createPlans(),
    queues,
    known: createKnownRuns(),
    known_jobs: recent(max_known_jobs),
    sessions: recent(max_sessions),
    given_inputs: recent(max_given_inputs),
    seats: createSeats({ ample_room, wake }),
    precedence: createPrecedence({
      max_beside,
      rests: is_shared ? 1 : rests_elsewhere,
      isBehind: () => lanes.some((lane) => queues.isOpen(lane) && !queues.isLimited(lane)),
    }),
    wholes: recent(max_wholes),
    told: createTold(),
    feed: createFeed(),
    moved: createSignal(),
    stopped: createSignal(),
    due: createSignal(),
    measures: createMeasures(metrics),
  }
}

/** What only spares looks at the database; who follows, who waits and what is limited stays. */
export const forgetKnown = ({ known, known_jobs, given_inputs, wholes, told, feed }: Engine): void => {
  for (const kept of [known, known_jobs, given_inputs, wholes, told, feed]) kept.forgetAll()
}

export const lease_ms = 15_000
export const heartbeat_ms = 5_000

/** How often a task may lose its worker before it fails; a budget beside that of its retries. */
export const max_lost = 5
