import type { Ended as EndedTask } from "#language/decide.ts"
import { stopTemplates } from "../item/count.ts"
import { isOpenTemplate } from "../item/templates.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { advanceStopped, decideOwn } from "../task/advance.ts"
import { cancelTask, stopTask } from "../task/cancel.ts"
import { taskMoves } from "../task/moves.ts"
import { tell } from "../task/tell.ts"
import { resumeWaits } from "../wait/resume.ts"
import { endRuns } from "./end.ts"
import { loadOpenTasks } from "./load.ts"
import { runMoves } from "./moves.ts"
import { isSpared, isStopped } from "./spared.ts"

const open: ReadonlySet<string> = new Set(taskMoves.open)

const isOpen = ({ status }: TaskRow): boolean => open.has(status)

type Why = "cancelled" | "timeout"

/**
 * Ends what of these runs has not begun, and asks what runs to stop, but for the tasks that a run does at last; a run ends
 * with the last of its tasks. Those that have ended, or are being stopped already, are left as they are.
 */
export const stopRuns = async (step: Step, runs: Iterable<RunRow>, reason: Why): Promise<void> => {
  for (const run of runs) {
    if (!runMoves.open.includes(run.status)) continue
    // What has not begun has nothing to clean up.
    if (run.status === "pending") await stopRun(step, run, { reason, spares: false })
    else if (run.reason === null) await stopRun(step, run, { reason, spares: true })
  }
  await endRuns(step)
}

/** Also what was spared when they were stopped. */
export const endStopped = async (step: Step, runs: Iterable<RunRow>): Promise<void> => {
  for (const run of runs) {
    if (isStopped(run) && runMoves.open.includes(run.status)) {
      await stopRun(step, run, { reason: run.reason === "timeout" ? "timeout" : "cancelled", spares: false })
    }
  }
  await endRuns(step)
}

type Stopping = { readonly reason: Why; readonly spares: boolean }

const stopRun = async (step: Step, run: RunRow, { reason, spares }: Stopping): Promise<void> => {
  run.reason = reason
  await loadOpenTasks(step, run.id)
  step.decided.stopped.push(run)
  const plan = planOfRun(step, run)
  const isLeft = (task: TaskRow) => spares && isSpared(run, plan?.tasks[task.idx])
  const own = [...step.tasks.values()].filter((task) => task.run_id === run.id)
  const items: TaskRow[] = []
  const ended: EndedTask[] = []
  for (const task of own) {
    if (isOpenTemplate(task) || isLeft(task)) continue
    if (task.status === "running") {
      if (!task.cancel) stopTask(step, task)
    } else if (cancelTask(step, task, { run, reason })) {
      if (task.item === null) ended.push({ idx: task.idx, outcome: "cancelled" })
      else items.push(task)
    }
  }
  ended.push(...stopTemplates(step, run, { items, isLeft }))
  const left = own.filter((task) => isOpen(task) && isLeft(task))
  if (!plan || left.length === 0) return
  step.decided.waits.lingering.push(run.id)
  if (run.status === "paused") await goOn(step, run, left)
  await advanceStopped(step, { run, plan }, ended)
  await decideOwn(step)
}

/** Nobody resumes what is cancelled: what it does at last is done at once. */
const goOn = async (step: Step, run: RunRow, left: readonly TaskRow[]): Promise<void> => {
  run.status = "running"
  tell(step, { run, type: "run.resumed", task: null, status: run.status, data: {} })
  step.decided.released.push(...left.filter(({ status }) => status === "queued"))
  await resumeWaits(step, run)
}
