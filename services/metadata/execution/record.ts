import type { Document } from "#kernel/documents/documents.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Archive } from "../archive.ts"
import { executions, runs } from "../collections.ts"
import { attemptKey } from "../log/chunk.ts"
import { type Execution, versions } from "./execution.ts"

export const recordedTopics = [
  "workflow.started",
  "workflow.completed",
  "task.started",
  "task.completed",
  "task.failed",
  "task.retrying",
  "task.waiting",
  "task.skipped",
  "task.cancelled",
] as const

type Recorded = Envelope<(typeof recordedTopics)[number]>
type TaskEvent = Exclude<Recorded, { type: "workflow.started" | "workflow.completed" }>
type RunEvent = Exclude<Recorded, TaskEvent>

const isTaskEvent = (event: Envelope): event is TaskEvent =>
  event.type.startsWith("task.") && (recordedTopics as readonly string[]).includes(event.type)

const isRunEvent = (event: Envelope): event is RunEvent =>
  event.type === "workflow.started" || event.type === "workflow.completed"

const blank = ({ data }: TaskEvent): Execution => ({
  id: attemptKey(data),
  version: 0,
  workspace_id: data.workspace_id,
  run_id: data.run_id,
  task_run_id: data.task_run_id,
  task: data.task,
  attempt: data.attempt,
  status: "running",
  reason: null,
  worker_id: null,
  outputs: null,
  error: null,
  retry_at: null,
  log_chunks: null,
  started_at: null,
  finished_at: null,
})

/** What an event makes of an execution. Pure; an older event changes nothing. */
const after = (known: Execution, event: TaskEvent): Execution => {
  const { type, data } = event
  if (type === "task.started") {
    if (known.version >= versions.started) return known
    return { ...known, version: versions.started, worker_id: data.worker_id, started_at: data.at }
  }
  // No worker runs it, so nothing of it is ever logged.
  if (type === "task.waiting") {
    if (known.version >= versions.started) return known
    return { ...known, version: versions.started, status: "waiting", log_chunks: 0, started_at: data.at }
  }
  if (known.version >= versions.ended) return known
  const ended = { ...known, version: versions.ended, finished_at: data.at }
  switch (type) {
    case "task.completed":
      return { ...ended, status: "completed", outputs: data.outputs, log_chunks: data.log_chunks }
    case "task.failed":
      return { ...ended, status: "failed", error: data.error, log_chunks: data.log_chunks }
    case "task.retrying": {
      const { error, log_chunks = null, retry_at } = data
      return { ...ended, status: "failed", error, log_chunks, retry_at }
    }
    case "task.skipped":
      return { ...ended, status: "skipped", reason: data.reason }
    case "task.cancelled":
      return { ...ended, status: "cancelled", log_chunks: data.log_chunks ?? known.log_chunks }
  }
}

const runAfter = ({ type, data }: RunEvent): Document => {
  const { run_id: id, workspace_id, workflow } = data
  const known = { id, workspace_id, workflow }
  if (type === "workflow.started") return { ...known, version: versions.started, status: "running" }
  return { ...known, version: versions.ended, status: data.status, finished_at: data.finished_at }
}

const recordTasks = async ({ documents }: Archive, events: readonly TaskEvent[]): Promise<void> => {
  if (events.length === 0) return
  const ids = [...new Set(events.map(({ data }) => attemptKey(data)))]
  const stored = await documents.find(executions, {
    where: { id: { in: ids } },
    order: [],
    limit: ids.length,
  })
  const known = new Map(stored.map((document) => [document.id, document as Execution]))
  for (const event of events) {
    const id = attemptKey(event.data)
    known.set(id, after(known.get(id) ?? blank(event), event))
  }
  await documents.put(executions, [...known.values()])
}

/** Executions first: whoever sees that a run has ended also sees how much its attempts have logged. */
export const recordEvents =
  (archive: Archive) =>
  async (events: readonly Envelope[]): Promise<void> => {
    await recordTasks(archive, events.filter(isTaskEvent))
    const ofRuns = events.filter(isRunEvent)
    await archive.documents.put(runs, ofRuns.map(runAfter))
    for (const run_id of new Set(ofRuns.map(({ data }) => data.run_id))) archive.moved.fire(run_id)
  }
