import type { Keyed } from "../cache/save.ts"
import type { Output, TaskRow } from "../step/rows.ts"
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

export type Approval = {
  readonly for: "approval"
  readonly roles: readonly string[]
  readonly people: readonly string[]
  readonly approvals: number
  readonly message: string
  readonly until: string | null
  readonly decisions: readonly Decision[]
}

/** `wake` ends a sleep. */
export type TimerKind = "wake" | "wait_timeout" | "remind"

type WaitTimer = { readonly kind: TimerKind } & ({ readonly after_ms: number } | { readonly at: string })

export type Waiting = {
  readonly task: TaskRow
  readonly waited: Waited
  readonly timers: readonly WaitTimer[]
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
  /** Outputs that are not written yet. */
  readonly outputs: Map<string, Output>
}

export const noWaits = (): Waits => ({
  ...{
    undecided: [],
    begun: [],
    ended: [],
    changed: [],
    keyed: [],
    kept: [],
    taken: [],
    postponed: [],
    resumed: [],
  },
  outputs: new Map(),
})
