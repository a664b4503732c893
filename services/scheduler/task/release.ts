import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"

/** Makes it claimable, unless its run is paused. */
export const release = (step: Step, run: RunRow | undefined, task: TaskRow): void => {
  Object.assign(task, { status: "queued", needs_left: 0, queued_ms: step.now.getTime() })
  step.decided.counted.delete(task)
  step.decided[run?.status === "paused" ? "blocked" : "released"].push(task)
  if (task.settings?.queue_timeout_ms) step.decided.expiring.push(task)
}
