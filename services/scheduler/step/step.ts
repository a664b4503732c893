import type { Event } from "#kernel/outbox/emit.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Plan } from "#language/plan.ts"
import type { ToldRow } from "../fact/told.ts"
import type { Entering, Leaving } from "../gate/gate.ts"
import type { Lane } from "../lane/lanes.ts"
import type { KnownRun } from "../run/known.ts"
import type { RunFact } from "../run/record.ts"
import type { Settlement } from "../task/verdict.ts"
import { noWaits, type Waits } from "../wait/waits.ts"
import type { EarlierItem, Holder, Rows, RunRow, TaskRow } from "./rows.ts"

/** An attempt that has ended, and what its worker said of it. */
export type Ended = {
  readonly task: TaskRow
  readonly settlement: Settlement
  readonly token: string
  /** Set when the task is to be tried again later. */
  readonly delay_ms: number | null
  readonly error: { readonly code: string; readonly message: string } | null
  /** Whose result it has taken over, instead of running. */
  readonly reused_from?: string
}

export type Created = { readonly task: TaskRow; readonly earlier: EarlierItem | undefined }

/** What a step has decided, to be written at its end. */
export type Decided = {
  readonly ended: Ended[]
  /** What waited too long to begin. */
  readonly expired: Ended[]
  /** Pending tasks whose needs were counted. */
  readonly counted: Set<TaskRow>
  /** Items that are new, and what an earlier run has made of them. */
  readonly created: Created[]
  /** Tasks that are to have items, and have none yet. */
  readonly unfolding: TaskRow[]
  /** Tasks whose items begin. */
  readonly unfolded: TaskRow[]
  /** Tasks that end as their items have, or can't have any. */
  readonly folded: Ended[]
  /** Claimable from now on. */
  readonly released: TaskRow[]
  /** Queued, but behind something. */
  readonly blocked: TaskRow[]
  /** Queued again for a limited time. */
  readonly expiring: TaskRow[]
  /** Jobs and runs that come to the gates of their keys or leave them, dealt with at the step's end. */
  readonly entering: Entering[]
  readonly leaving: Leaving[]
  /** Claimable from now on, having waited behind a gate. */
  readonly admitted: (Lane & { readonly id: string })[]
  /** Ended without running. */
  readonly unbegun: TaskRow[]
  /** Running ones that are asked to stop. */
  readonly stopping: TaskRow[]
  /** Given to the worker at once, without having been in a lane. */
  readonly handed: TaskRow[]
  /** All that this step gives to a worker: what it took, and what it handed over. */
  readonly claimed: TaskRow[]
  /** Those of the claimed whose queues have a rate. */
  readonly charged: TaskRow[]
  /** Lanes with work that this step had to leave. */
  readonly left: Lane[]
  /** Runs that are being stopped. */
  readonly stopped: RunRow[]
  readonly finished: RunRow[]
  /** Ids of jobs. */
  readonly completed_jobs: string[]
  readonly waits: Waits
  /** What the followers of runs are told, by run. */
  readonly events: Map<string, RunFact[]>
  readonly emissions: Event[]
}

/** One transaction's work on the engine's rows: read, decided in memory, written once. */
export type Step = {
  readonly rows: Rows
  readonly now: Date
  readonly random: () => number
  readonly id: () => string
  readonly runs: Map<string, RunRow>
  readonly tasks: Map<string, TaskRow>
  readonly plans: Map<string, Plan>
  /** Of its runs those of which all is known. */
  readonly known: Map<string, KnownRun>
  readonly decided: Decided
  /** What it tells other services, once that is to be written. */
  told: readonly ToldRow[]
  /** The worker that this step works for, while its session lasts. */
  holder: Holder | undefined
  /** Some of what it ends was not read: the database has to say that all of it ended by this. */
  is_guessed: boolean
  /** Settles when the holder has its token. */
  holding: Promise<void> | undefined
}

export const openStep = (rows: Rows, kit: Kit): Step => ({
  rows,
  now: kit.now(),
  random: kit.random,
  id: kit.id,
  runs: new Map(),
  tasks: new Map(),
  plans: new Map(),
  known: new Map(),
  decided: {
    ended: [],
    expired: [],
    charged: [],
    left: [],
    stopped: [],
    counted: new Set(),
    created: [],
    unfolding: [],
    unfolded: [],
    folded: [],
    released: [],
    blocked: [],
    expiring: [],
    entering: [],
    leaving: [],
    admitted: [],
    unbegun: [],
    stopping: [],
    handed: [],
    claimed: [],
    finished: [],
    completed_jobs: [],
    waits: noWaits(),
    events: new Map(),
    emissions: [],
  },
  told: [],
  holder: undefined,
  is_guessed: false,
  holding: undefined,
})

/** Locked rows join the step; one that it knows already keeps what the step made of it. */
export const join = <Row extends { readonly id: string }>(
  known: Map<string, Row>,
  rows: readonly Row[],
): void => {
  for (const row of rows) if (!known.has(row.id)) known.set(row.id, row)
}

export const runOfTask = (step: Step, task: TaskRow): RunRow | undefined =>
  task.run_id === null ? undefined : step.runs.get(task.run_id)

export const planOfRun = (step: Step, run: RunRow | undefined): Plan | undefined =>
  run && step.plans.get(run.plan_id)
