import type { Event } from "#kernel/outbox/emit.ts"
import type { LockedRun } from "../run/lock.ts"
import type { RunFact } from "../run/record.ts"
import type { Ready } from "./ready.ts"

/** What a transaction has made true so far, to be written at its end. */
export type Gathered = {
  readonly now: Date
  readonly events: RunFact[]
  readonly emissions: Event[]
  readonly ready: Ready[]
  /** The trace context of each run that something is told of. */
  readonly traces: Map<string, string>
}

export type Told = {
  readonly run: LockedRun
  readonly type: RunFact["type"]
  readonly task: string | null
  readonly status: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Numbers an event within its run. */
export const tell = ({ events, traces }: Gathered, { run, type, task, status, data }: Told): void => {
  run.seq += 1
  if (run.traceparent !== null) traces.set(run.id, run.traceparent)
  events.push({ run_id: run.id, seq: run.seq, type, task, status, data })
}

type Subject = {
  readonly id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly task: string
}

export const taskFact = ({ now }: Gathered, subject: Subject, attempt: number) => ({
  task_run_id: subject.id,
  run_id: subject.run_id,
  workspace_id: subject.workspace_id,
  task: subject.task,
  attempt,
  at: now.toISOString(),
})
