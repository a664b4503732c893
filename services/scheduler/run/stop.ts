import { stopTemplates } from "../item/count.ts"
import { isOpenTemplate } from "../item/templates.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { cancelTask, stopTask } from "../task/cancel.ts"
import { endRuns } from "./end.ts"
import { loadOpenTasks } from "./load.ts"
import { runMoves } from "./moves.ts"

type Why = "cancelled" | "timeout"

/**
 * Ends what of these runs has not begun, and asks what runs to stop; a run ends with the last of its tasks. Those that
 * have ended, or are being stopped already, are left as they are.
 */
export const stopRuns = async (step: Step, runs: Iterable<RunRow>, reason: Why): Promise<void> => {
  for (const run of runs) {
    if (runMoves.open.includes(run.status) && (run.reason === null || run.status === "pending"))
      await stopRun(step, run, reason)
  }
  await endRuns(step)
}

const stopRun = async (step: Step, run: RunRow, reason: Why): Promise<void> => {
  run.reason = reason
  await loadOpenTasks(step, run.id)
  step.decided.stopped.push(run)
  const items: TaskRow[] = []
  for (const task of step.tasks.values()) {
    if (task.run_id !== run.id || isOpenTemplate(task)) continue
    if (task.status === "running") stopTask(step, task)
    else if (cancelTask(step, task, { run, reason }) && task.item !== null) items.push(task)
  }
  stopTemplates(step, run, items)
}
