import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { keyOf, taskFact, tell } from "./tell.ts"

export const tellSkipped = (step: Step, task: TaskRow, run: RunRow): void => {
  const data = { reason: task.reason ?? "needs" }
  step.decided.emissions.push({
    type: "task.skipped",
    id: derivedId(task.id, "skipped"),
    key: run.id,
    traceparent: run.traceparent ?? undefined,
    data: { ...taskFact(step, task), ...data },
  })
  tell(step, { run, type: "task.skipped", task: task.task, status: "skipped", data })
}

export const tellCancelled = (step: Step, task: TaskRow, run: RunRow | undefined): void => {
  step.decided.emissions.push({
    type: "task.cancelled",
    id: derivedId(task.id, `cancelled.${task.attempt}`),
    key: keyOf(task),
    traceparent: run?.traceparent ?? task.traceparent ?? undefined,
    data: taskFact(step, task),
  })
  if (run) {
    const data = { attempt: task.attempt }
    tell(step, { run, type: "task.cancelled", task: task.task, status: "cancelled", data })
  }
}
