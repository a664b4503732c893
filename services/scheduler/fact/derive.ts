import { list, type Sql } from "#kernel/database/database.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { BareRow, Body, Derive } from "#kernel/outbox/read.ts"
import { deriveCompleted } from "../job/derive.ts"
import type { FactDetails, StartedDetails } from "./bare.ts"
import { beginning, completion, endedRunData, startedRunData, taskData } from "./body.ts"
import { nameOf, type Told } from "./told.ts"

/** The bodies of what was written without them: remembered, or read from the rows that they tell of. */
export const deriveFacts =
  (told: Told): Derive =>
  async (sql, rows) => {
    const jobs = rows.filter(({ topic }) => topic === "job.completed")
    const facts = rows
      .filter(({ topic }) => topic !== "job.completed")
      .map((row) => ({ row, places: placesOf(row) }))
    const unknown = facts.flatMap(({ places }) =>
      places.filter((place) => told.get(nameOf(place)) === undefined),
    )
    const [of_jobs, made] = await Promise.all([
      jobs.length === 0 ? [] : deriveCompleted(sql, jobs),
      unknown.length === 0 ? nothing : readFacts(sql, unknown),
    ])
    const bodyAt = (place: Place): readonly Body[] => {
      const body = told.get(nameOf(place)) ?? bodyOf(place, made)
      return body ? [body] : []
    }
    const bodies = new Map<BareRow, readonly Body[]>([
      ...jobs.map((row, index) => [row, of_jobs[index] ?? []] as const),
      ...facts.map(({ row, places }) => [row, places.flatMap(bodyAt)] as const),
    ])
    return rows.map((row) => bodies.get(row) ?? [])
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
  readonly status: string
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

const bodyOf = (place: Place, { tasks, runs }: Known): Body | undefined => {
  if (isOfTask(place)) {
    const task = tasks.get(place.id)
    return task && taskBody(place, task)
  }
  const run = runs.get(place.id)
  return run && runBody(place, run)
}

const taskBody = (place: Place, row: TaskFact): Body => {
  const { topic, at, attempt = row.attempt, worker_id = "", queued_ms = 0 } = place
  const fact = taskData({ ...row, attempt }, row.workflow, at)
  const from = { key: row.run_id, traceparent: row.traceparent ?? undefined }
  if (topic === "task.started") {
    const data = { ...fact, ...beginning({ worker_id, queued_ms }) }
    return { ...from, id: derivedId(row.id, `started.${attempt}`), data }
  }
  return { ...from, id: derivedId(row.id, `completed.${row.token}`), data: { ...fact, ...completion(row) } }
}

const runBody = ({ topic, at }: Place, run: RunFact): Body => ({
  id: derivedId(run.id, topic),
  key: run.id,
  traceparent: run.traceparent ?? undefined,
  data:
    topic === "workflow.started"
      ? startedRunData(run, at)
      : endedRunData(run, { status: run.status, finished_at: at }),
})
