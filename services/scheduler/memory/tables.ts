import type { Event } from "#kernel/outbox/emit.ts"
import type { Plan } from "#language/plan.ts"
import type { Taker } from "../lane/taker.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Waited } from "../wait/waits.ts"
import type { KnownFact } from "./changes.ts"

export type StoredRun = RunRow & {
  readonly rerun_of: string | null
  /** What it answers, once it has completed. */
  outputs: Readonly<Record<string, unknown>> | null
}

export type StoredTask = {
  -readonly [Column in keyof TaskRow]: TaskRow[Column]
} & {
  payload: unknown
  outputs: Readonly<Record<string, unknown>> | null
  reused_from: string | null
  /** As the port tells it, which isn't by this clock: since 1970, and 0 before it was queued. */
  queued_ms: number
  /** When a worker completed it, by this clock. */
  completed_ms?: number
  wait: Waited | null
}

export type Ready = {
  readonly seq: number
  readonly task_run_id: string
  readonly run_id: string | null
  readonly workspace_id: string
  readonly queue: string
  readonly slot: TaskRow["slot"]
  readonly rank: number
}

export type Timer = {
  readonly id: string
  readonly due_ms: number
  readonly kind: string
  readonly task_run_id: string | null
  readonly run_id: string | null
}

export type Claim = {
  readonly token: string
  readonly session_id: string
  readonly ids: readonly string[]
  open: number
  readonly claimed_ms: number
}

export type Session = Taker & {
  readonly id: string
  lease_until_ms: number
  ended: boolean
}

export type Queue = {
  readonly workspace_id: string
  readonly name: string
  paused: boolean
  concurrency: number | null
  changed_ms: number
}

export type DeadLetter = {
  readonly id: string
  readonly job_id: string
  readonly workspace_id: string
  resolved: boolean
}

/** What is committed. */
export type Tables = {
  readonly runs: Map<string, StoredRun>
  readonly tasks: Map<string, StoredTask>
  /** Ids of each run's tasks, in their order. */
  readonly tasks_of: Map<string, readonly string[]>
  readonly plans: Map<string, Plan>
  readonly ready: Map<number, Ready>
  /** By the task run's id. */
  readonly blocked: Map<string, { readonly seq: number; readonly run_id: string | null }>
  readonly timers: Map<string, Timer>
  /** Data, by run and name. */
  readonly signals: Map<string, unknown>
  /** By the id of the run that a task has begun. */
  readonly children: Map<string, { readonly task_run_id: string; readonly parent_run_id: string }>
  /** Runs that somebody has cancelled who knew that they were being stopped. */
  readonly forced: Set<string>
  /** Under which key a task's result may be taken over, by its id. */
  readonly cache_keys: Map<string, string>
  readonly claims: Map<string, Claim>
  readonly sessions: Map<string, Session>
  readonly queues: Map<string, Queue>
  readonly dead_letters: Map<string, DeadLetter>
  readonly events: Map<string, KnownFact[]>
  readonly outbox: Event[]
  readonly sweep: { last_ms: number; reap_after_ms: number }
  /** Sequences: a number that was drawn is gone, also when its transaction fails. */
  drawn: number
  token: number
}

export const createTables = (): Tables => ({
  runs: new Map(),
  tasks: new Map(),
  tasks_of: new Map(),
  plans: new Map(),
  ready: new Map(),
  blocked: new Map(),
  timers: new Map(),
  signals: new Map(),
  children: new Map(),
  forced: new Set(),
  cache_keys: new Map(),
  claims: new Map(),
  sessions: new Map(),
  queues: new Map(),
  dead_letters: new Map(),
  events: new Map(),
  outbox: [],
  sweep: { last_ms: 0, reap_after_ms: 0 },
  drawn: 0,
  token: 0,
})

export const draw = (tables: Tables): number => {
  tables.drawn += 1
  return tables.drawn
}

export const insertTimer = (tables: Tables, timer: Omit<Timer, "id">): void => {
  const id = String(draw(tables))
  tables.timers.set(id, { id, ...timer })
}

export const queueKey = (workspace_id: string, name: string): string => `${workspace_id} ${name}`

export const tasksOf = (tables: Tables, run_id: string): readonly StoredTask[] =>
  (tables.tasks_of.get(run_id) ?? []).flatMap((id) => tables.tasks.get(id) ?? [])

/** What runs under a claim. */
export const runningUnder = (tables: Tables, claim: Claim): readonly StoredTask[] =>
  claim.ids.flatMap((id) => {
    const task = tables.tasks.get(id)
    return task?.status === "running" && task.token === claim.token ? [task] : []
  })

const terminal: ReadonlySet<string> = new Set(["completed", "failed", "skipped", "cancelled", "dead_letter"])

export const isTerminal = ({ status }: { readonly status: string }): boolean => terminal.has(status)

/** When the database's clock, which counts milliseconds, was at 0. */
export const epoch_ms = 1_756_000_000_000

export const since1970 = (at_ms: number): number => epoch_ms + at_ms
