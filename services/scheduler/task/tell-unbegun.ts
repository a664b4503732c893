import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { LockedRun } from "../run/lock.ts"
import type { CancelledTask } from "../run/stop.ts"
import { type Gathered, taskFact, tell } from "./gathered.ts"

export type SkippedTask = { readonly id: string; readonly task: string }

const subjectOf = ({ id, task }: SkippedTask, { id: run_id, workspace_id }: LockedRun) => ({
  ...{ id, task, run_id, workspace_id },
})

export const tellSkipped = (gathered: Gathered, skipped: SkippedTask, run: LockedRun): void => {
  const fact = taskFact(gathered, subjectOf(skipped, run), 0)
  const about = { id: derivedId(skipped.id, "skipped"), key: run.id }
  const data = { reason: "needs" }
  gathered.emissions.push({ type: "task.skipped", ...about, data: { ...fact, ...data } })
  tell(gathered, { run, type: "task.skipped", task: skipped.task, status: "skipped", data })
}

export const tellCancelled = (gathered: Gathered, cancelled: CancelledTask, run: LockedRun): void => {
  const { attempt, task } = cancelled
  const about = { id: derivedId(cancelled.id, "cancelled"), key: run.id }
  const data = taskFact(gathered, subjectOf(cancelled, run), attempt)
  gathered.emissions.push({ type: "task.cancelled", ...about, data })
  tell(gathered, { run, type: "task.cancelled", task, status: "cancelled", data: { attempt } })
}
