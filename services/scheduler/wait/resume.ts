import { loadOpenTasks } from "../run/load.ts"
import type { RunRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { isOwn } from "./decide.ts"

/** What became ready while the run was paused is decided about now, and what came due is due again. */
export const resumeWaits = async (step: Step, run: RunRow): Promise<void> => {
  const plan = planOfRun(step, run)
  if (!plan?.tasks.some(isOwn)) return
  step.decided.waits.resumed.push(run.id)
  await loadOpenTasks(step, run.id)
  for (const task of step.tasks.values()) {
    if (task.run_id === run.id && task.status === "pending" && task.needs_left === 0) {
      step.decided.waits.undecided.push(task)
    }
  }
}
