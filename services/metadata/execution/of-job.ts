import type { Envelope } from "#kernel/events/envelope.ts"
import { isMapping } from "#language/mappings.ts"
import { attemptKey } from "../log/chunk.ts"
import { lasting, usedBy } from "./after.ts"
import { type Execution, versions } from "./execution.ts"

export const jobTopics = ["job.completed", "job.dead_lettered"] as const

export type JobEvent = Envelope<(typeof jobTopics)[number]>

export const isJobEvent = (event: Envelope): event is JobEvent =>
  (jobTopics as readonly string[]).includes(event.type)

/**
 * The last attempt of a stand-alone job: its beginning and its end are one event. None where an older platform didn't say
 * which attempt died. One that never began must not win over an attempt that did.
 */
export const executionOfJob = (event: JobEvent): readonly Execution[] => {
  const { data } = event
  const { job_id: task_run_id, workspace_id, type, attempt, log_chunks, at } = data
  if (attempt === undefined) return []
  const { worker_id = null, queued_at = null, started_at = null } = data
  const at_ms = Date.parse(at)
  return [
    {
      ...{ id: attemptKey({ task_run_id, attempt }), version: started_at ? versions.whole : versions.ended },
      ...{ workspace_id, run_id: null, workflow: null, task_run_id, task: type, type, attempt },
      ...outcomeOf(event),
      ...{ reason: null, retry_at: null, worker_id, ...usedBy(data.usage), log_chunks },
      ...{ queued_at, started_at, finished_at: at, ...lasting(at_ms, started_at), at: at_ms },
    },
  ]
}

const outcomeOf = ({ type, data }: JobEvent) => {
  if (type === "job.dead_lettered") return { status: "failed", outputs: null, error: data.error } as const
  const outputs = isMapping(data.result) ? data.result : {}
  return { status: "completed", outputs, error: null } as const
}
