import type { Keyed } from "../cache/save.ts"
import type { RunStart } from "../run/start.ts"
import type { Output, RunRow, TaskRow } from "../step/rows.ts"
import type { Ended } from "../step/step.ts"

export type Decision = {
  readonly by: string
  readonly user_id: string
  readonly at: string
  readonly approved: boolean
  readonly comment: string
}

/** What a task waits for, its expressions filled in; kept with its row, and shown to those who read it. */
export type Waited =
  | { readonly for: "sleep"; readonly until: string | null }
  | { readonly for: "signal"; readonly name: string; readonly until: string | null }
  | Approval
  | AwaitedRun

/** A run of another workflow; its id is derived from the task run, so that there is never a second one. */
export type AwaitedRun = {
  readonly for: "workflow"
  readonly workflow: string
  readonly version: number
  readonly run_id: string
  readonly until: string | null
  /** What it is to be given; gone once it has begun. */
  readonly inputs?: Readonly<Record<string, unknown>>
}

export type Approval = {
  readonly for: "approval"
  readonly roles: readonly string[]
  readonly people: readonly string[]
  readonly approvals: number
  readonly message: string
  readonly until: string | null
  readonly decisions: readonly Decision[]
}

/** `wake` ends a sleep; `begin` begins the run that a task waits for. */
export type TimerKind = "wake" | "wait_timeout" | "remind" | "begin"

type WaitTimer = { readonly kind: TimerKind } & ({ readonly after_ms: number } | { readonly at: string })

export type Waiting = {
  readonly task: TaskRow
  readonly waited: Waited
  readonly timers: readonly WaitTimer[]
}

/** A run that a task waits for, and that is to begin. */
export type Child = {
  readonly task: TaskRow
  readonly parent: RunRow
  readonly start: RunStart
  /** Whether its task waits for its end. */
  readonly waits: boolean
}

export type Signal = { readonly run_id: string; readonly name: string; readonly data: unknown }

/** What a step has decided about tasks that no worker runs, and about those with a condition. */
export type Waits = {
  /** Ready, and not looked at yet. */
  readonly undecided: TaskRow[]
  /** They wait from now on. */
  readonly begun: Waiting[]
  /** Ended by the engine itself. */
  readonly ended: Ended[]
  /** Approvals that somebody has said something to. */
  readonly changed: { readonly task: TaskRow; readonly waited: Waited }[]
  /** They go to workers, and what they write may be taken over. */
  readonly keyed: Keyed[]
  readonly kept: Signal[]
  readonly taken: Omit<Signal, "data">[]
  /** Timers that came due in a paused run, and runs that are paused no more. */
  readonly postponed: string[]
  readonly resumed: string[]
  /** Timers that are left for the next round. */
  readonly later: string[]
  /** Tasks whose runs are to begin, within the same transaction. */
  readonly children: Child[]
  /** Runs that a task had begun, and that have ended. */
  readonly told: string[]
  /** Runs that nobody waits for any more. */
  readonly orphaned: string[]
  /** Runs that are stopped and have something to do at last. */
  readonly lingering: string[]
  /** What runs that completed answer. */
  readonly answered: { readonly run: RunRow; readonly outputs: Readonly<Record<string, unknown>> }[]
  /** Outputs that are not written yet. */
  readonly outputs: Map<string, Output>
}

export const noWaits = (): Waits => ({
  ...{ undecided: [], begun: [], ended: [], changed: [], kept: [], taken: [], postponed: [], resumed: [] },
  ...{ keyed: [], later: [], children: [], told: [], orphaned: [], lingering: [], answered: [] },
  outputs: new Map(),
})
