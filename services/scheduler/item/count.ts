import type { Ended as EndedTask } from "#language/decide.ts"
import type { PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { loadOpenTasks } from "../run/load.ts"
import { isSpared } from "../run/spared.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { cancelTask, stopTask } from "../task/cancel.ts"
import { fold } from "./fold.ts"
import { begunBy, idsBetween, isOpenTemplate, templateOf } from "./templates.ts"
import { beginItems, loadTasks, type PlannedRun } from "./unfold.ts"

/** Counts items that have ended, lets those begin that were held back for them, and ends tasks all of whose items have. */
export const countItems = async (
  step: Step,
  planned: PlannedRun,
  items: readonly TaskRow[],
): Promise<readonly EndedTask[]> => {
  const { run, plan } = planned
  const byTask = Map.groupBy(items, ({ idx }) => taskRunId(run.id, idx))
  await loadTasks(step, [...byTask.keys()])
  const next: string[] = []
  const done: TaskRow[] = []
  for (const [id, some] of byTask) {
    const task = step.tasks.get(id)
    const of = task && plan.tasks[task.idx]
    if (!of || task.status !== "waiting") continue
    const from = begunBy(of, templateOf(task), task.needs_left)
    const was_good = task.needs_bad === 0
    const bad = some.filter((item) => isBad(of, item))
    count(step, task, { ended: some.length, bad: bad.length })
    const goesOn = run.reason === null || isSpared(run, of)
    const mayBegin = goesOn && !(of.each?.fail_fast && task.needs_bad > 0)
    const to = begunBy(of, templateOf(task), task.needs_left)
    if (mayBegin) next.push(...idsBetween(run.id, templateOf(task), { from, to }))
    else if (goesOn && was_good) await cancelRest(step, planned, task)
    if (task.needs_left === 0) done.push(task)
  }
  if (next.length > 0) {
    await loadTasks(step, next)
    beginItems(step, run, next)
  }
  return fold(step, planned, done)
}

const isBad = ({ continue_on_error }: PlanTask, { status }: TaskRow): boolean =>
  status === "failed" ? !continue_on_error : status !== "completed"

type Counted = { readonly ended: number; readonly bad: number }

const count = (step: Step, task: TaskRow, { ended, bad }: Counted): void => {
  task.needs_left -= ended
  task.needs_bad += bad
  step.decided.counted.add(task)
}

/** Fails fast: what has not begun never will, and what runs is asked to stop. */
const cancelRest = async (step: Step, { run }: PlannedRun, task: TaskRow): Promise<void> => {
  await loadOpenTasks(step, run.id)
  const cancelled = new Set<TaskRow>()
  for (const item of step.tasks.values()) {
    if (item.run_id !== run.id || item.idx !== task.idx || item.item === null) continue
    if (item.status === "running" && !item.cancel) stopTask(step, item)
    else if (item.status !== "running" && cancelTask(step, item, { run, reason: "fail_fast" }))
      cancelled.add(item)
  }
  if (cancelled.size === 0) return
  count(step, task, { ended: cancelled.size, bad: cancelled.size })
  const { released } = step.decided
  released.push(...released.splice(0).filter((one) => !cancelled.has(one)))
}

/** Of a run that is stopped: its tasks with items end with the last of those that still run. */
export const stopTemplates = (
  step: Step,
  run: RunRow,
  { items, isLeft }: { readonly items: readonly TaskRow[]; readonly isLeft: (task: TaskRow) => boolean },
): readonly EndedTask[] => {
  const byPlace = Map.groupBy(items, ({ idx }) => idx)
  const ended: EndedTask[] = []
  for (const task of step.tasks.values()) {
    if (task.run_id !== run.id || !isOpenTemplate(task) || isLeft(task)) continue
    const ended_items = byPlace.get(task.idx)?.length ?? 0
    count(step, task, { ended: ended_items, bad: ended_items })
    if (task.needs_left === 0 && cancelTask(step, task, { run, reason: run.reason })) {
      ended.push({ idx: task.idx, outcome: "cancelled" })
    }
  }
  return ended
}
