import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { isOwn } from "../wait/decide.ts"

/** Makes it claimable, unless its run is paused. */
export const release = (step: Step, run: RunRow | undefined, task: TaskRow): void => {
  Object.assign(task, { status: "queued", needs_left: 0, queued_ms: step.now.getTime() })
  step.decided.counted.delete(task)
  step.decided[run?.status === "paused" ? "blocked" : "released"].push(task)
  if (task.settings?.queue_timeout_ms) step.decided.expiring.push(task)
}

/** What may go to a worker is claimable; what is the engine's own is decided about in the same step. */
export const letGo = (step: Step, run: RunRow, task: TaskRow): void => {
  const planned = planOfRun(step, run)?.tasks[task.idx]
  task.needs_left = 0
  if (planned && isOwn(planned, task)) step.decided.waits.undecided.push(task)
  else goOn(step, run, task)
}

/** With what the engine decides by itself behind it: it is to have items, or goes to a worker. */
export const goOn = (step: Step, run: RunRow | undefined, task: TaskRow): void => {
  const isTemplate = task.item === null && planOfRun(step, run)?.tasks[task.idx]?.each !== undefined
  if (isTemplate) step.decided.unfolding.push(task)
  else release(step, run, task)
}
