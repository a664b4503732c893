import type { Envelope } from "#kernel/events/envelope.ts"
import { isMapping } from "#language/mappings.ts"
import { attemptKey } from "../log/chunk.ts"
import { type Execution, versions } from "./execution.ts"
import { paceOf } from "./pace.ts"

export const taskTopics = [
  "task.started",
  "task.completed",
  "task.failed",
  "task.retrying",
  "task.waiting",
  "task.skipped",
  "task.cancelled",
] as const

export type TaskEvent = Envelope<(typeof taskTopics)[number]>

export const isTaskEvent = (event: Envelope): event is TaskEvent =>
  (taskTopics as readonly string[]).includes(event.type)

export const blank = ({ data }: TaskEvent): Execution => ({
  id: attemptKey(data),
  version: 0,
  workspace_id: data.workspace_id,
  run_id: data.run_id,
  workflow: data.in_workflow ?? null,
  task_run_id: data.task_run_id,
  task: data.task,
  type: data.type ?? null,
  attempt: data.attempt,
  status: "running",
  reason: null,
  worker_id: null,
  inputs: null,
  outputs: null,
  error: null,
  retry_at: null,
  usage: null,
  log_chunks: null,
  queued_at: null,
  started_at: null,
  finished_at: null,
  duration_ms: null,
  pace: null,
  at: Date.parse(data.at),
})

type Beginning = Extract<TaskEvent, { type: "task.started" | "task.waiting" }>
type End = Exclude<TaskEvent, Beginning>

const isBeginning = (event: TaskEvent): event is Beginning =>
  event.type === "task.started" || event.type === "task.waiting"

/** What an event makes of an execution. Pure; an older event changes nothing. */
export const after = (known: Execution, event: TaskEvent): Execution => {
  if (!isBeginning(event)) return known.version >= versions.ended ? known : ended(known, event)
  if (known.version < versions.started) return begun(known, event)
  return known.version === versions.ended && known.started_at === null ? whole(known, event) : known
}

const beginningOf = ({ type, data }: Beginning) => {
  // No worker runs what waits, so nothing of it is ever logged.
  if (type === "task.waiting") return { started_at: data.at, log_chunks: 0 }
  return { started_at: data.at, worker_id: data.worker_id, queued_at: data.queued_at ?? null }
}

const begun = (known: Execution, event: Beginning): Execution => ({
  ...known,
  version: versions.started,
  status: event.type === "task.waiting" ? "waiting" : "running",
  at: Date.parse(event.data.at),
  ...beginningOf(event),
})

/** Topics have no order between them, so that the end may have come first. */
const whole = (known: Execution, event: Beginning): Execution => ({
  ...known,
  version: versions.whole,
  ...beginningOf(event),
  ...lasting(known.at, event.data.at),
})

/** An end that was heard of before its beginning, and the beginning. */
export const wholeOf = (
  end: Execution,
  { started_at, worker_id, queued_at, log_chunks }: Execution,
): Execution => ({
  ...end,
  ...{ version: versions.whole, started_at, worker_id, queued_at, log_chunks: end.log_chunks ?? log_chunks },
  ...lasting(end.at, started_at),
})

export const lasting = (at: number, started_at: string | null) => {
  const duration_ms = started_at === null ? null : Math.max(0, at - Date.parse(started_at))
  return { duration_ms, pace: duration_ms === null ? null : paceOf(duration_ms) }
}

/** What it was given comes with what it took. */
export const usedBy = ({ inputs, ...usage }: Readonly<Record<string, unknown>> = {}) => ({
  inputs: isMapping(inputs) ? inputs : null,
  usage: Object.keys(usage).length === 0 ? null : usage,
})

/** Of a job's attempt, whose end tells of its beginning, too. */
const begunBy = ({ data }: End) => {
  if (!("started_at" in data) || data.started_at === undefined) return {}
  const { worker_id = null, queued_at = null, started_at } = data
  return { version: versions.whole, worker_id, queued_at, started_at }
}

const ended = (before: Execution, event: End): Execution => {
  const { type, data } = event
  const known = { ...before, version: versions.ended, ...begunBy(event) }
  const at = Date.parse(data.at)
  const { started_at } = known
  const end = {
    ...known,
    finished_at: data.at,
    ...lasting(at, started_at),
    at,
    ...("usage" in data ? usedBy(data.usage) : {}),
  }
  switch (type) {
    case "task.completed":
      return { ...end, status: "completed", outputs: data.outputs, log_chunks: data.log_chunks }
    case "task.failed":
      return { ...end, status: "failed", error: data.error, log_chunks: data.log_chunks }
    case "task.retrying": {
      const { error, log_chunks = null, retry_at } = data
      return { ...end, status: "failed", error, log_chunks, retry_at }
    }
    case "task.skipped":
      return { ...end, status: "skipped", reason: data.reason }
    case "task.cancelled":
      return { ...end, status: "cancelled", log_chunks: data.log_chunks ?? known.log_chunks }
  }
}
