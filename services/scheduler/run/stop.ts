import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { tellCancelled } from "../task/tell-unbegun.ts"
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
  endRuns(step)
}

const stopRun = async (step: Step, run: RunRow, reason: Why): Promise<void> => {
  run.reason = reason
  await loadOpenTasks(step, run.id)
  step.decided.stopped.push(run)
  for (const task of step.tasks.values()) {
    if (task.run_id !== run.id) continue
    if (task.status === "running") stopTask(step, task)
    else if (cancelTask(step, task, run)) run.open -= 1
  }
}

/** What is claimed has to be ended by its worker first. */
const stopTask = (step: Step, task: TaskRow): void => {
  task.cancel = true
  step.decided.stopping.push(task)
}

const unbegun: ReadonlySet<string> = new Set(["pending", "queued", "retrying", "waiting"])

const cancelTask = (step: Step, task: TaskRow, run: RunRow): boolean => {
  if (!unbegun.has(task.status)) return false
  Object.assign(task, { status: "cancelled", reason: run.reason })
  step.decided.unbegun.push(task)
  tellCancelled(step, task, run)
  return true
}
