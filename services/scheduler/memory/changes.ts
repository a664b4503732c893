import type { Event } from "#kernel/outbox/emit.ts"
import type { RunFact, RunFacts } from "../run/record.ts"
import type { Ended, Step } from "../step/step.ts"
import { demand } from "./demand.ts"
import type { Life } from "./life.ts"
import type { StoredRun, StoredTask, Tables, Timer } from "./tables.ts"

/** What was told of a run, and of which. */
export type KnownFact = RunFact & { readonly run_id: string }

/** What one transaction changes, and what was there before; for the checks. */
export type Changes = {
  readonly tables: Tables
  /** When its transaction began, which is the database's `now()`. */
  readonly at_ms: number
  /** When it commits. */
  readonly now_ms: number
  readonly held: ReadonlySet<string>
  readonly life: Life
  readonly runs: Map<string, StoredRun | undefined>
  readonly tasks: Map<string, StoredTask | undefined>
  /** Tokens. */
  readonly claims: Set<string>
  readonly timers: Timer[]
  /** Task runs of which rows elsewhere came or went. */
  readonly moved: Set<string>
  readonly facts: KnownFact[]
  readonly emissions: Event[]
  readonly completed_jobs: string[]
  readonly ended: Ended[]
  readonly steps: Step[]
  /** Dead letters that were replayed. */
  readonly replayed: Set<string>
}

type Opening = Pick<Changes, "tables" | "at_ms" | "now_ms" | "held" | "life">

export const createChanges = (opening: Opening): Changes => ({
  ...opening,
  runs: new Map(),
  tasks: new Map(),
  claims: new Set(),
  timers: [],
  moved: new Set(),
  facts: [],
  emissions: [],
  completed_jobs: [],
  ended: [],
  steps: [],
  replayed: new Set(),
})

/** Nothing of a run is changed without holding it, and no job without holding that. */
export const changeTask = (changes: Changes, id: string): StoredTask => {
  const task = changes.tables.tasks.get(id)
  if (!task) throw new Error(`There is no task run ${id}.`)
  const row = task.run_id === null ? jobLock(id) : runLock(task.run_id)
  demand(changes.held.has(row), () => `${id} is changed by who doesn't hold ${row}`)
  if (!changes.tasks.has(id)) changes.tasks.set(id, { ...task })
  return task
}

export const changeRun = (changes: Changes, id: string): StoredRun => {
  const run = changes.tables.runs.get(id)
  if (!run) throw new Error(`There is no run ${id}.`)
  demand(changes.held.has(runLock(id)), () => `the run ${id} is changed by who doesn't hold it`)
  if (!changes.runs.has(id)) changes.runs.set(id, { ...run })
  return run
}

export const runLock = (id: string): string => `run ${id}`
export const jobLock = (id: string): string => `job ${id}`
export const readyLock = (seq: number): string => `ready ${seq}`
export const timerLock = (id: string): string => `timer ${id}`
export const queueLock = (key: string): string => `queue ${key}`

export const tellFacts = ({ facts }: Changes, events: RunFacts): void => {
  for (const [run_id, some] of events) facts.push(...some.map((fact) => ({ ...fact, run_id })))
}
