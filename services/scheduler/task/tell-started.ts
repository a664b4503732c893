import { derivedId } from "#kernel/outbox/derived-id.ts"
import { beginning } from "../fact/body.ts"
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
    data: { ...taskFact(step, task), ...beginning({ worker_id, queued_ms: task.queued_ms }) },
  })
  const data = { attempt: task.attempt, worker_id }
  tell(step, { run, type: "task.started", task: task.task, status: "running", data })
}
