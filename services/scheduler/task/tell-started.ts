import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { taskFact, tell } from "./tell.ts"

/** That a job has begun is told to nobody: its row says so, and its end says all. */
export const tellStarted = (step: Step, task: TaskRow, run: RunRow | undefined): void => {
  if (!run || !step.holder) return
  const { session_id: worker_id } = step.holder
  step.decided.emissions.push({
    type: "task.started",
    id: derivedId(task.id, `started.${task.attempt}`),
    key: run.id,
    traceparent: run.traceparent ?? undefined,
    data: { ...taskFact(step, task), worker_id, queued_at: new Date(task.queued_ms).toISOString() },
  })
  const data = { attempt: task.attempt, worker_id }
  tell(step, { run, type: "task.started", task: task.task, status: "running", data })
}
