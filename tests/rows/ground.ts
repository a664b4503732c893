import { jobId } from "#language/run-id.ts"
import { randomFrom } from "#language/testing/random.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import type { Taker } from "#services/scheduler/lane/taker.ts"
import type { KnownFact } from "#services/scheduler/memory/changes.ts"
import { epoch_ms } from "#services/scheduler/memory/tables.ts"
import type { QueueSettings } from "#services/scheduler/queue/queues.ts"
import type { RunStart } from "#services/scheduler/run/start.ts"
import type { NewJob } from "../sim/store/operations.ts"

/** Rows of one kind, as they are committed; the same ones from each adapter. */
export type Kept = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

export type Queue = Omit<QueueSettings, "rate_limit">

/** An engine on one adapter of the port of its rows, at a time that the test tells. What no step does is done by it. */
export type Ground = {
  readonly engine: Engine
  /** Since the epoch that all tests count from. */
  now_ms(): number
  skip(wait_ms: number): Promise<void>
  openSession(session_id: string, taker: Taker): Promise<void>
  endSession(session_id: string): Promise<void>
  setQueue(queue: Queue): Promise<void>
  startRun(start: RunStart): Promise<void>
  createJob(job: NewJob): Promise<void>
  cancelJob(workspace_id: string, job_id: string): Promise<void>
  replayDeadLetter(workspace_id: string, id: string): Promise<void>
  resumeRun(workspace_id: string, run_id: string): Promise<void>
  fireTimers(): Promise<void>
  kept(): Promise<Kept>
}

export type Adapter = {
  readonly name: string
  /** Empty, with ids and chances that are the same each time. */
  open(): Promise<Ground>
  close(): Promise<void>
}

/** What an engine needs besides: the same ids and the same chances in each adapter. */
export const kitAt = (now_ms: () => number) => {
  let made = 0
  return {
    now: () => new Date(epoch_ms + now_ms()),
    id: () => {
      made += 1
      return idOf(0xe0000 + made)
    },
    random: randomFrom(1),
  }
}

export const idOf = (number: number): string =>
  `0198c0de-0000-7000-8000-${number.toString(16).padStart(7, "0")}00000`

export const jobIdOf = (number: number): string => jobId(idOf(number))

/** What a run was told, its numbers without a gap; in which order a claim's tasks are told is open. */
export const eventsIn = (facts: readonly KnownFact[]) => {
  const byRun = Map.groupBy(facts, ({ run_id }) => run_id)
  const events = facts.map(({ run_id, type, task, status, data }) =>
    JSON.stringify([run_id, type, task, status, data]),
  )
  const seqs = [...byRun].map(([run_id, some]) => ({
    run_id,
    seqs: some.map(({ seq }) => seq).sort((a, b) => a - b),
  }))
  return [
    ...seqs.sort((one, other) => (one.run_id < other.run_id ? -1 : 1)),
    ...events.sort().map((event) => ({ event })),
  ]
}

/** As JSON has it, without what says nothing. */
export const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value ?? null))
