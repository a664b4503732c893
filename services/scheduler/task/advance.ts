import {
  advance,
  type Counter,
  countsAsFailure,
  type Ended as EndedTask,
  type Outcome,
  onReady,
} from "#language/decide.ts"
import type { Plan } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { knownTask, loadOpenTasks } from "../run/load.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import { decideReady, isOwn } from "../wait/decide.ts"
import { taskMoves } from "./moves.ts"
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

/** What the engine decides about without a worker may have ended by that, and moves its run on in turn. */
export const decideOwn = async (step: Step): Promise<void> => {
  while (step.decided.waits.undecided.length > 0) {
    const verdicts = [...(await decideReady(step))]
    for (const [task, verdict] of verdicts) {
      if (verdict === "goes on") release(step, runOfTask(step, task), task)
    }
    const ended = verdicts.filter(([, verdict]) => verdict === "ended" || verdict === "passed over")
    await advanceAll(
      step,
      ended.map(([task]) => task),
    )
  }
}

const advanceAll = async (step: Step, tasks: readonly TaskRow[]): Promise<void> => {
  const ended = new Map<RunRow, EndedTask[]>()
  for (const task of tasks) {
    const run = runOfTask(step, task)
    const planned = planOfRun(step, run)?.tasks[task.idx]
    if (!run || !planned || !isOutcome(task.status)) continue
    // A task that its `if` passes over is as good as done.
    const outcome = task.reason === "condition" ? "completed" : task.status
    run.open -= 1
    if (countsAsFailure(planned, outcome)) run.bad += 1
    const list = ended.get(run) ?? []
    ended.set(run, list)
    list.push({ idx: task.idx, outcome })
  }
  for (const [run, some] of ended) {
    const plan = planOfRun(step, run)
    if (plan) await advanceRun(step, { run, plan }, some)
  }
}

const isOutcome = (status: string): status is Outcome =>
  (taskMoves.terminal as readonly string[]).includes(status)

type Planned = { readonly run: RunRow; readonly plan: Plan }

const advanceRun = async (step: Step, { run, plan }: Planned, ended: readonly EndedTask[]): Promise<void> => {
  const taskAt = (idx: number) => knownTask(step, taskRunId(run.id, idx))
  const counterOf = (idx: number): Counter => taskAt(idx) ?? { needs_left: 0, needs_bad: 0 }
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

/** What may go to a worker is claimable; what is the engine's own is decided about in the same step. */
export const letGo = (step: Step, run: RunRow, task: TaskRow): void => {
  const planned = planOfRun(step, run)?.tasks[task.idx]
  if (planned && isOwn(planned)) step.decided.waits.undecided.push(task)
  else release(step, run, task)
}

/** Makes it claimable, unless its run is paused. */
export const release = (step: Step, run: RunRow | undefined, task: TaskRow): void => {
  Object.assign(task, { status: "queued", needs_left: 0, queued_ms: step.now.getTime() })
  step.decided.counted.delete(task)
  step.decided[run?.status === "paused" ? "blocked" : "released"].push(task)
  if (task.settings?.queue_timeout_ms) step.decided.expiring.push(task)
}

export const skip = (step: Step, run: RunRow, task: TaskRow): void => {
  Object.assign(task, { status: "skipped", reason: "needs" })
  run.open -= 1
  step.decided.counted.delete(task)
  step.decided.unbegun.push(task)
  tellSkipped(step, task, run)
}
