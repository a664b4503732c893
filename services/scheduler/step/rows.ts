import type { Conflict } from "#language/concurrency.ts"
import type { Plan, RetryPolicy } from "#language/plan.ts"
import type { Slot } from "#language/slots.ts"
import type { CachedResult, CacheWanted } from "../cache/look-up.ts"
import type { Lane } from "../lane/lanes.ts"
import type { Taker } from "../lane/taker.ts"
import type { RunStatus } from "../run/moves.ts"
import type { Trigger } from "../run/triggers.ts"
import type { TaskStatus } from "../task/moves.ts"
import type { Signal, Waited } from "../wait/waits.ts"

/** A run, locked. A step changes it in memory; it is written once. */
export type RunRow = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan_id: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly trigger: string
  started_at: string | null
  /** What began it, where its plan reads that. */
  happened?: Readonly<Record<string, unknown>>
  readonly traceparent: string | null
  readonly gate_key: string | null
  status: RunStatus
  reason: string | null
  /** How often it was written. */
  revision: number
  /** Task runs that have not ended, and failures that nothing handles. */
  open: number
  bad: number
  /** Number of its last event. */
  seq: number
}

export type JobSettings = {
  readonly timeout_ms: number
  readonly retry: RetryPolicy
  readonly queue_timeout_ms: number | null
  /** Of a job with a concurrency key, which is its `gate_key`. */
  readonly concurrency?: { readonly limit: number; readonly on_conflict: Conflict }
}

/** A task run or a job, locked by itself or by its run. */
export type TaskRow = {
  readonly id: string
  /** Null for a job. */
  readonly run_id: string | null
  /** Its task's place in the plan, which is also its own, unless it is an item. */
  readonly idx: number
  /** Of an item its place in its task's list. */
  readonly item: number | null
  readonly workspace_id: string
  readonly task: string
  readonly type: string
  readonly queue: string
  readonly slot: Slot
  readonly priority: number
  readonly max_retries: number
  readonly gate_key: string | null
  readonly settings: JobSettings | null
  readonly traceparent: string | null
  /** A job that fails for good ends as a dead letter. */
  status: TaskStatus | "dead_letter"
  reason: string | null
  token: string | null
  attempt: number
  lost: number
  returned: number
  cancel: boolean
  needs_left: number
  needs_bad: number
  /** When it was queued last. */
  queued_ms: number
  /** Who has the present attempt, and since when: of jobs whose rows were read. */
  worker_id?: string | null
  started_at?: Date | null
  /** An item's value; of a task with items where these are; what a job was given, where it was claimed. */
  payload?: unknown
}

export type Output = {
  readonly id: string
  readonly status: string
  readonly outputs: Readonly<Record<string, unknown>> | null
}

export type Whole = {
  readonly id: string
  readonly whole_run_id: string
  /** Somebody has asked for the work to be done again. */
  readonly of_rerun: boolean
}

/** How a run has ended. */
export type RunEnd = Pick<RunRow, "id" | "workflow" | "version" | "status" | "reason"> & {
  readonly outputs: Readonly<Record<string, unknown>> | null
}

/** Places of task runs in a run, one after the other. */
export type Places = { readonly run_id: string; readonly first: number; readonly count: number }

/** An item that an earlier run has completed. */
export type EarlierItem = {
  readonly id: string
  readonly item: number
  readonly payload: unknown
  readonly outputs: Readonly<Record<string, unknown>> | null
}

/** What a claimed task carries besides; read for jobs and items alone. */
export type ClaimedRow = TaskRow & { readonly payload: unknown }

export type SessionRow = Taker & {
  /** A fresh fencing token. */
  readonly token: string
}

/** How many of a lane may be taken. */
export type Share = {
  readonly queue: string
  readonly workspace_id: string
  readonly slot: Slot
  readonly max_tasks: number
  /** The limits that were set for its queue are kept by `max_tasks`. */
  readonly limited: boolean
}

/** How much more a queue may begin now. */
export type Limit = {
  readonly workspace_id: string
  readonly queue: string
  readonly allowed: number
  /** When its rate allows nothing now. */
  readonly wait_ms: number
}

export type Taken = {
  readonly tasks: readonly ClaimedRow[]
  /** How many were left because their runs are being moved on by somebody else. */
  readonly busy: number
  /** The runs of all the others are locked, at these revisions. */
  readonly revisions: ReadonlyMap<string, number>
}

/** Who holds what a step gives; its token may be known only when all of the step was sent. */
export type Holder = { readonly session_id: string; token: string | null }

export type Held = { readonly session_id: string; readonly runs: readonly Pick<RunRow, "id" | "revision">[] }

export type Gate = { readonly workspace_id: string; readonly key: string }

export type GateWanted = Gate & {
  /** The limit that came last; null keeps the one that there is. */
  readonly max: number | null
  /** Jobs and runs that neither hold it nor wait for it any more. */
  readonly leaving: readonly string[]
}

/** A job and where it is queued, or a run. */
export type Waiting = { readonly id: string; readonly lane: Lane | null }

export type GateRow = Gate & {
  readonly max: number
  readonly in_use: number
  /** How many of those that leave did hold it. */
  readonly freed: number
  /** Of what waits, without those that leave, the first: as many as may find room, and one more if there is one. */
  readonly waiting: readonly Waiting[]
}

export type GateChange = Gate & {
  readonly in_use: number
  readonly leaving: readonly string[]
  /** What waited and holds it now; jobs among them are claimable from now on. */
  readonly admitted: readonly Waiting[]
  /** New ones that hold it at once, and those that wait from now on, in their order. */
  readonly holding: readonly string[]
  readonly waiting: readonly string[]
}

/** The engine's rows as one transaction sees them. Runs are locked before tasks, and tasks through their runs. */
export type Rows = {
  /** Locks runs in the order of their ids, so that no two transactions wait for each other. */
  runs(ids: readonly string[]): Promise<readonly RunRow[]>
  /**
   * Locks runs as they were at these revisions, and answers a fresh token; whoever doesn't wait for that goes on as if. The
   * transaction fails, and is done anew, where one was moved on or the session has ended. It goes with the next question
   * or with the end of the work, so nobody may wait for it with nothing else asked.
   */
  hold(held: Held): Promise<string>
  /** Tasks of locked runs, or all of one that have not ended; jobs are locked by this. */
  tasks(which: readonly string[] | { readonly open_of: string }): Promise<readonly TaskRow[]>
  /** How tasks of locked runs have ended, as far as that is written. */
  outputs(ids: readonly string[]): Promise<readonly Output[]>
  /** The same of the tasks at these places; undefined if their outputs have more bytes than that in all. */
  outputsAt(places: Places, max_bytes: number): Promise<readonly Output[] | undefined>
  /** What of a task's items was completed in the run that this one was begun after. */
  earlierItems(task: Pick<TaskRow, "id" | "task">): Promise<readonly EarlierItem[]>
  plans(ids: readonly string[]): Promise<readonly { readonly id: string; readonly plan: Plan }[]>
  /** What these wait for. */
  waits(task_run_ids: readonly string[]): Promise<readonly { readonly id: string; readonly wait: Waited }[]>
  /** What began these runs, as far as it is kept. */
  triggers(run_ids: readonly string[]): Promise<readonly Trigger[]>
  /** Those of these runs that have ended; nothing changes of them any more. */
  ends(run_ids: readonly string[]): Promise<readonly RunEnd[]>
  /** Of which runs these are parts, however many are in between. */
  wholes(run_ids: readonly string[]): Promise<readonly Whole[]>
  /** Which of these signals are kept for their runs. */
  signals(wanted: readonly Omit<Signal, "data">[]): Promise<readonly Signal[]>
  /** What was completed under these keys, the latest of each. */
  cached(wanted: readonly CacheWanted[]): Promise<readonly (CachedResult & Omit<CacheWanted, "ttl_ms">)[]>
  /** Undefined when it has ended. */
  session(session_id: string): Promise<SessionRow | undefined>
  /** Locks what was set for these queues; one that another claim works on just now is left out. */
  limits(queues: readonly Pick<Limit, "workspace_id" | "queue">[]): Promise<readonly Limit[]>
  /** Locks gates in the order of their keys, after runs and jobs, and makes those that are new. */
  gates(wanted: readonly GateWanted[]): Promise<readonly GateRow[]>
  /** Writes what became of locked gates. One that nothing holds any more goes. */
  moveGates(changes: readonly GateChange[]): Promise<void>
  /** The jobs and runs that hold these or wait for them. */
  membersOf(gates: readonly Gate[]): Promise<readonly string[]>
  /** Takes what is ready, as running. Never waits: what others have locked is left to them. */
  take(shares: readonly Share[], holder: Holder): Promise<Taken>
}
