import { list, type Sql } from "#kernel/database/database.ts"
import type { Fact } from "#kernel/outbox/emit.ts"
import type { BareRow, Derive } from "#kernel/outbox/read.ts"
import { deriveCompleted } from "../job/derive.ts"
import type { FactDetails, StartedDetails } from "./bare.ts"
import { runEnded, runStarted, taskCompleted, taskStarted } from "./fact.ts"
import type { Told } from "./told.ts"

/** What rows tell that were written without bodies: remembered, or made of the rows of tasks and runs. */
export const deriveFacts =
  (told: Told): Derive =>
  async (sql, rows) => {
    const jobs = rows.filter(({ topic }) => topic === "job.completed")
    const facts = new Map<BareRow, readonly Fact[]>()
    const places = new Map<BareRow, readonly Place[]>()
    for (const row of rows) {
      if (row.topic === "job.completed") continue
      const known = told.of(row)
      if (known) facts.set(row, known)
      else places.set(row, placesOf(row))
    }
    const [of_jobs, made] = await Promise.all([
      jobs.length === 0 ? [] : deriveCompleted(sql, jobs),
      places.size === 0 ? nothing : readFacts(sql, [...places.values()].flat()),
    ])
    for (const [row, some] of places)
      facts.set(
        row,
        some.flatMap((place) => factAt(place, made) ?? []),
      )
    for (const [index, row] of jobs.entries()) facts.set(row, of_jobs[index] ?? [])
    return rows.map((row) => facts.get(row) ?? [])
  }

type Place = {
  readonly topic: string
  readonly id: string
  readonly at: string
  readonly attempt?: number | undefined
  readonly worker_id?: string
  readonly queued_ms?: number | undefined
}

const placesOf = ({ topic, ids, details }: BareRow): readonly Place[] => {
  if (topic !== "task.started") return ids.map((id) => ({ topic, id, at: (details as FactDetails).at }))
  const { at, worker_id, attempts, queued_ms } = details as StartedDetails
  return ids.map((id, index) => ({
    ...{ topic, id, at, worker_id },
    ...{ attempt: attempts[index], queued_ms: queued_ms[index] },
  }))
}

type TaskFact = {
  readonly id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly task: string
  readonly type: string
  readonly attempt: number
  readonly token: string | null
  readonly outputs: Readonly<Record<string, unknown>> | null
  readonly usage: Readonly<Record<string, unknown>> | null
  readonly log_chunks: number
  readonly workflow: string
  readonly traceparent: string | null
}

type RunFact = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly trigger: string
  readonly inputs: Readonly<Record<string, unknown>>
  /** Of one that has ended. */
  readonly status: "completed" | "failed" | "cancelled"
  readonly reason: string | null
  readonly traceparent: string | null
  readonly started_at: string | null
}

type Known = { readonly tasks: ReadonlyMap<string, TaskFact>; readonly runs: ReadonlyMap<string, RunFact> }

const nothing: Known = { tasks: new Map(), runs: new Map() }

const isOfTask = ({ topic }: Place): boolean => topic.startsWith("task.")

const readFacts = async (sql: Sql, places: readonly Place[]): Promise<Known> => {
  const idsOf = (some: readonly Place[]) => [...new Set(some.map(({ id }) => id))]
  const [tasks, runs] = await Promise.all([
    readTasks(sql, idsOf(places.filter(isOfTask))),
    readRuns(sql, idsOf(places.filter((place) => !isOfTask(place)))),
  ])
  return {
    tasks: new Map(tasks.map((task) => [task.id, task])),
    runs: new Map(runs.map((run) => [run.id, run])),
  }
}

const readTasks = async (sql: Sql, ids: readonly string[]): Promise<readonly TaskFact[]> => {
  if (ids.length === 0) return []
  return sql<TaskFact>`
    select task.id, task.run_id, task.workspace_id, task.task, task.type, task.attempt, task.token::text as token, task.outputs,
      task.usage, task.log_chunks, run.workflow, run.traceparent
    from scheduler.task_run as task join scheduler.run as run on run.id = task.run_id
    where task.id = any(${list(ids)}::text::uuid[])`
}

const readRuns = async (sql: Sql, ids: readonly string[]): Promise<readonly RunFact[]> => {
  if (ids.length === 0) return []
  return sql<RunFact>`
    select id, workspace_id, workflow, version, trigger, inputs, status, reason, traceparent,
      to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
    from scheduler.run
    where id = any(${list(ids)}::text::uuid[])`
}

/** Undefined when what it tells of is gone. */
const factAt = (place: Place, { tasks, runs }: Known): Fact | undefined => {
  const { topic, id, at } = place
  if (isOfTask(place)) {
    const task = tasks.get(id)
    return task && factOfTask(place, task)
  }
  const run = runs.get(id)
  if (!run) return undefined
  return topic === "workflow.started" ? runStarted(run, at) : runEnded(run, { at, status: run.status })
}

const factOfTask = (place: Place, row: TaskFact): Fact => {
  const { topic, at, attempt = row.attempt, worker_id = "", queued_ms = 0 } = place
  const run = { id: row.run_id, workflow: row.workflow, traceparent: row.traceparent }
  if (topic !== "task.started") return taskCompleted(row, run, { at, token: row.token, result: row })
  return taskStarted({ ...row, attempt }, run, { at, worker_id, queued_ms })
}
