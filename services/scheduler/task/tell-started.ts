import { taskStarted } from "../fact/fact.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tell, timeOf } from "./tell.ts"

/** That a job has begun is told to nobody: its row says so, and its end says all. */
export const tellStarted = (step: Step, task: TaskRow, run: RunRow | undefined): void => {
  if (!run || !step.holder) return
  const { session_id: worker_id } = step.holder
  const began = { at: timeOf(step), worker_id, queued_ms: task.queued_ms }
  step.decided.emissions.push(taskStarted(task, run, began))
  const data = { attempt: task.attempt, worker_id }
  tell(step, { run, type: "task.started", task: task.task, status: "running", data })
}
