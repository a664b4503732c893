import { childRunId } from "../child/id.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tellCancelled } from "./tell-unbegun.ts"

/** What is claimed has to be ended by its worker first. */
export const stopTask = (step: Step, task: TaskRow): void => {
  task.cancel = true
  step.decided.stopping.push(task)
}

const unbegun: ReadonlySet<string> = new Set(["pending", "queued", "retrying", "waiting"])

/** Ends a task that nobody runs; false if there is nothing to end. */
export const cancelTask = (
  step: Step,
  task: TaskRow,
  { run, reason }: { readonly run: RunRow; readonly reason: string | null },
): boolean => {
  if (!unbegun.has(task.status)) return false
  const awaits = task.status === "waiting" && task.type === "workflow"
  if (awaits) step.decided.waits.orphaned.push(childRunId(task.id))
  Object.assign(task, { status: "cancelled", reason })
  run.open -= 1
  step.decided.counted.delete(task)
  step.decided.unbegun.push(task)
  tellCancelled(step, task, run)
  return true
}
