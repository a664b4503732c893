import { begin } from "#language/decide.ts"
import { placeOf } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { runStarted } from "../fact/fact.ts"
import { leaveGate } from "../gate/gate.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { planOfRun, type Step } from "../step/step.ts"
import { decideOwn, skip } from "../task/advance.ts"
import { letGo } from "../task/release.ts"
import { tell, timeOf } from "../task/tell.ts"
import { endRuns } from "./end.ts"
import { loadOpenTasks, loadRuns } from "./load.ts"
import { runMoves } from "./moves.ts"

/** Lets runs begin that waited for their key and hold it now. */
export const beginRuns = async (engine: Engine, step: Step, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await loadRuns(engine, step, ids)
  for (const id of ids) {
    const run = step.runs.get(id)
    const status = run && runMoves.after(run.status, "start")
    if (!run) continue
    if (!status) {
      // A run that was ended leaves its gate in the same transaction, so this is only to be safe.
      leaveGate(step, run)
      continue
    }
    Object.assign(run, { status, reason: null, started_at: step.now.toISOString() })
    tellRunStarted(step, run)
    releaseRoots(step, run, await loadOpenTasks(step, id))
  }
  await decideOwn(step)
  await endRuns(step)
}

/** A task that isn't open was kept of an earlier run. */
const releaseRoots = (step: Step, run: RunRow, open: readonly TaskRow[]): void => {
  const plan = planOfRun(step, run)
  if (!plan) throw new Error("a run has no plan")
  const tasks = new Map(open.map((task) => [placeOf(task.id), task]))
  const kept = new Set(plan.tasks.map(({ idx }) => idx).filter((idx) => !tasks.has(idx)))
  const begun = begin(plan, kept)
  for (const idx of begun.release) {
    const task = tasks.get(idx)
    if (task) letGo(step, run, task)
  }
  for (const idx of begun.skip) {
    const task = tasks.get(idx)
    if (task) skip(step, run, task)
  }
}

/** Of new runs, in a step of its own: what their lists are made of is read as in any other. */
export const unfoldBegun = async (engine: Engine, step: Step, ids: readonly string[]): Promise<void> => {
  const runs = await loadRuns(engine, step, ids)
  for (const run of runs) await loadOpenTasks(step, run.id)
  await unfoldRuns(step, runs)
}

/** Their open tasks are known to the step. */
export const unfoldRuns = async (step: Step, runs: readonly RunRow[]): Promise<void> => {
  for (const run of runs) {
    const plan = planOfRun(step, run)
    if (!plan) throw new Error("a run has no plan")
    const isFree = ({ run_id, status, needs_left, idx }: TaskRow) =>
      run_id === run.id && status === "pending" && needs_left === 0 && plan.tasks[idx]?.each !== undefined
    for (const task of [...step.tasks.values()].filter(isFree)) letGo(step, run, task)
  }
  await decideOwn(step)
  await endRuns(step)
}

export const tellRunStarted = (step: Step, run: RunRow): void => {
  step.decided.emissions.push(runStarted(run, timeOf(step)))
  const data = { trigger: run.trigger }
  tell(step, { run, type: "workflow.started", task: null, status: "running", data })
}
