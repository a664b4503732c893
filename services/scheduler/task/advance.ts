import {
  advance,
  type Counter,
  countsAsFailure,
  type Ended as EndedTask,
  type Outcome,
  onReady,
} from "#language/decide.ts"
import { taskRunId } from "#language/run-id.ts"
import { countItems } from "../item/count.ts"
import { type PlannedRun, unfold } from "../item/unfold.ts"
import { knownTask, loadOpenTasks } from "../run/load.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import { taskMoves } from "./moves.ts"
import { release } from "./release.ts"
import { tellSkipped } from "./tell-unbegun.ts"

/** Counts down what waits for the tasks that ended, releases what is free, and skips what can't run any more. */
export const advanceRuns = async (step: Step): Promise<void> => {
  const ended = new Map<RunRow, { readonly tasks: EndedTask[]; readonly items: TaskRow[] }>()
  for (const { task } of [...step.decided.ended, ...step.decided.expired]) {
    const run = runOfTask(step, task)
    const planned = planOfRun(step, run)?.tasks[task.idx]
    if (!run || !planned || !isOutcome(task.status)) continue
    run.open -= 1
    const { tasks, items } = ended.get(run) ?? { tasks: [], items: [] }
    ended.set(run, { tasks, items })
    if (task.item !== null) {
      items.push(task)
      continue
    }
    if (countsAsFailure(planned, task.status)) run.bad += 1
    tasks.push({ idx: task.idx, outcome: task.status })
  }
  for (const [run, { tasks, items }] of ended) {
    const plan = planOfRun(step, run)
    if (!plan) continue
    const folded = items.length > 0 ? await countItems(step, { run, plan }, items) : []
    await advanceRun(step, { run, plan }, [...tasks, ...folded])
  }
}

/** Begins tasks that run once for each of their items, and goes on behind those that have none. */
export const unfoldRun = async (
  step: Step,
  planned: PlannedRun,
  templates: readonly TaskRow[],
): Promise<void> => {
  const ended = await unfold(step, planned, templates)
  if (ended.length > 0) await advanceRun(step, planned, ended)
}

const isOutcome = (status: string): status is Outcome =>
  (taskMoves.terminal as readonly string[]).includes(status)

const advanceRun = async (
  step: Step,
  { run, plan }: PlannedRun,
  ended: readonly EndedTask[],
): Promise<void> => {
  const taskAt = (idx: number) => knownTask(step, taskRunId(run.id, idx))
  const counterOf = (idx: number): Counter => taskAt(idx) ?? { needs_left: 0, needs_bad: 0 }
  const first = advance(plan, ended, counterOf)
  // All that is open has to be known where a skip may skip what comes behind it, however deep, and where this process
  // hadn't seen the run before.
  const isKnown = step.known.has(run.id) || [...first.counters.keys()].every((idx) => taskAt(idx))
  const deep = first.skip.length > 0 || !isKnown
  if (deep) await loadOpenTasks(step, run.id)
  const next = deep ? advance(plan, ended, counterOf) : first
  const templates: TaskRow[] = []
  for (const [idx, { needs_left, needs_bad }] of next.counters) {
    const task = taskAt(idx)
    if (task?.status !== "pending") continue
    Object.assign(task, { needs_left, needs_bad })
    const planned = plan.tasks[idx]
    if (needs_left > 0) step.decided.counted.add(task)
    else if (onReady(planned?.when ?? "success", needs_bad) === "skip") skip(step, run, task)
    else if (planned?.each) templates.push(task)
    else release(step, run, task)
  }
  if (templates.length > 0) await unfoldRun(step, { run, plan }, templates)
}

export const skip = (step: Step, run: RunRow, task: TaskRow): void => {
  Object.assign(task, { status: "skipped", reason: "needs" })
  run.open -= 1
  step.decided.counted.delete(task)
  step.decided.unbegun.push(task)
  tellSkipped(step, task, run)
}
