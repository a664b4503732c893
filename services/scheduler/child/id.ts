import { derivedId } from "#kernel/outbox/derived-id.ts"
import { runId } from "#language/run-id.ts"

/** As old as the run that it is a part of, for ids sort by their time. */
export const childRunId = (task_run_id: string): string => {
  const derived = derivedId(task_run_id, "child")
  return runId(`${task_run_id.slice(0, 14)}7${derived.slice(15)}`)
}
