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
import { isSpared, isStopped } from "../run/spared.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import { decideReady } from "../wait/decide.ts"
import { taskMoves } from "./moves.ts"
import { goOn, letGo } from "./release.ts"
import { tellSkipped } from "./tell-unbegun.ts"

/** Counts down what waits for the tasks that ended, releases what is free, and skips what can't run any more. */
export const advanceRuns = async (step: Step): Promise<void> => {
  const { ended, expired, waits } = step.decided
  await advanceAll(
    step,
    [...ended, ...expired, ...waits.ended].map(({ task }) => task),
  )
  await decideOwn(step)
}

/**
 * What the engine decides about without a worker, and what is to have items, may have ended by that, and moves its run on
 * in turn.
 */
export const decideOwn = async (step: Step): Promise<void> => {
  const { waits, unfolding } = step.decided
  while (waits.undecided.length + unfolding.length > 0) {
    await decideUndecided(step)
    for (const [run, templates] of Map.groupBy(unfolding.splice(0), (task) => runOfTask(step, task))) {
      const plan = planOfRun(step, run)
      if (!run || !plan) continue
      const ended = await unfold(step, { run, plan }, templates)
      if (ended.length > 0) await advanceRun(step, { run, plan }, ended)
    }
  }
}

/** Tasks that are to have items are left as they are. */
export const decideUndecided = async (step: Step): Promise<void> => {
  while (step.decided.waits.undecided.length > 0) {
    const verdicts = [...(await decideReady(step))]
    for (const [task, verdict] of verdicts) if (verdict === "goes on") goOn(step, runOfTask(step, task), task)
    const ended = verdicts.filter(([, verdict]) => verdict === "ended" || verdict === "passed over")
    await advanceAll(
      step,
      ended.map(([task]) => task),
    )
  }
}

const advanceAll = async (step: Step, all: readonly TaskRow[]): Promise<void> => {
  const ended = new Map<RunRow, { readonly tasks: EndedTask[]; readonly items: TaskRow[] }>()
  for (const task of all) {
    const run = runOfTask(step, task)
    const planned = planOfRun(step, run)?.tasks[task.idx]
    if (!run || !planned || !isOutcome(task.status)) continue
    // A task that its `if` passes over is as good as done.
    const outcome = task.reason === "condition" ? "completed" : task.status
    run.open -= 1
    const { tasks, items } = ended.get(run) ?? { tasks: [], items: [] }
    ended.set(run, { tasks, items })
    if (task.item !== null) {
      items.push(task)
      continue
    }
    if (countsAsFailure(planned, outcome)) run.bad += 1
    tasks.push({ idx: task.idx, outcome })
  }
  for (const [run, { tasks, items }] of ended) {
    const plan = planOfRun(step, run)
    if (!plan) continue
    const folded = items.length > 0 ? await countItems(step, { run, plan }, items) : []
    const all_ended = [...tasks, ...folded]
    if (isStopped(run)) await advanceStopped(step, { run, plan }, all_ended)
    else await advanceRun(step, { run, plan }, all_ended)
  }
}

/** What a run does at last waits for all else, also for what a stop has cancelled tasks before. */
export const advanceStopped = async (
  step: Step,
  planned: PlannedRun,
  ended: readonly EndedTask[],
): Promise<void> => {
  const { run, plan } = planned
  const isLast = (idx: number) => isSpared(run, plan.tasks[idx])
  await advanceRun(
    step,
    planned,
    ended.filter(({ idx }) => isLast(idx)),
  )
  if (ended.every(({ idx }) => isLast(idx))) return
  await loadOpenTasks(step, run.id)
  const open = [...step.tasks.values()].filter((task) => task.run_id === run.id && !isOutcome(task.status))
  if (open.some(({ idx }) => !isLast(idx))) return
  for (const task of open) {
    const begins = !(plan.tasks[task.idx]?.needs ?? []).some(isLast)
    if (!begins || task.item !== null || task.status !== "pending" || task.needs_left === 0) continue
    task.needs_bad = 1
    letGo(step, run, task)
  }
}

const isOutcome = (status: string): status is Outcome =>
  (taskMoves.terminal as readonly string[]).includes(status)

const advanceRun = async (
  step: Step,
  { run, plan }: PlannedRun,
  ended: readonly EndedTask[],
): Promise<void> => {
  const taskAt = (idx: number) => knownTask(step, taskRunId(run.id, idx))
  // What was cancelled waits for nothing: it has ended by itself.
  const counterOf = (idx: number): Counter => {
    const task = taskAt(idx)
    return task?.status === "pending" ? task : { needs_left: 0, needs_bad: 0 }
  }
  const first = advance(plan, ended, counterOf)
  // All that is open has to be known where a skip may skip what comes behind it, however deep, and where this process
  // hadn't seen the run before.
  const isKnown = step.known.has(run.id) || [...first.counters.keys()].every((idx) => taskAt(idx))
  const deep = first.skip.length > 0 || !isKnown
  if (deep) await loadOpenTasks(step, run.id)
  const next = deep ? advance(plan, ended, counterOf) : first
  for (const [idx, { needs_left, needs_bad }] of next.counters) {
    const task = taskAt(idx)
    if (task?.status !== "pending") continue
    Object.assign(task, { needs_left, needs_bad })
    if (needs_left > 0) step.decided.counted.add(task)
    else if (onReady(plan.tasks[idx]?.when ?? "success", needs_bad) === "release") letGo(step, run, task)
    else skip(step, run, task)
  }
}

export const skip = (step: Step, run: RunRow, task: TaskRow): void => {
  Object.assign(task, { status: "skipped", reason: "needs" })
  run.open -= 1
  step.decided.counted.delete(task)
  step.decided.unbegun.push(task)
  tellSkipped(step, task, run)
}
