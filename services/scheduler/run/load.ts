import { runOf } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { join, type Step } from "../step/step.ts"
import { taskMoves } from "../task/moves.ts"

/** Locks runs and brings them into the step, with their plans; those that it has already are left as they are. */
export const loadRuns = async (
  engine: Engine,
  step: Step,
  ids: Iterable<string>,
): Promise<readonly RunRow[]> => {
  const missing = [...ids].filter((id) => !step.runs.has(id))
  if (missing.length === 0) return []
  const runs = await step.rows.runs(missing)
  await joinRuns(engine, step, runs)
  return runs
}

/** Of a run that nobody has moved on since this process did, the tasks are known. */
export const joinRuns = async (engine: Engine, step: Step, runs: readonly RunRow[]): Promise<void> => {
  join(step.runs, runs)
  for (const run of runs) {
    const known = engine.known.take(run.id)
    if (known && known.run.revision === run.revision) step.known.set(run.id, { run, open: known.open })
  }
  for (const { id, plan } of await engine.plans.of(runs, step.rows.plans)) step.plans.set(id, plan)
}

/** The runs of these tasks, if this process knows all of them: then nothing of them has to be read. */
export const recallRuns = (engine: Engine, task_run_ids: Iterable<string>): readonly RunRow[] | undefined => {
  const runs = new Map<string, RunRow>()
  for (const id of task_run_ids) {
    const known = engine.known.peek(runOf(id))
    if (!known?.open.has(id)) return undefined
    runs.set(known.run.id, known.run)
  }
  return [...runs.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** A task of a run that is locked, as far as that is known without asking. */
export const knownTask = (step: Step, id: string): TaskRow | undefined => {
  const known = step.tasks.get(id) ?? step.known.get(runOf(id))?.open.get(id)
  if (known) step.tasks.set(id, known)
  return known
}

/** All tasks of a locked run that have not ended join the step. */
export const loadOpenTasks = async (step: Step, run_id: string): Promise<void> => {
  const known = step.known.get(run_id)
  if (known) {
    join(step.tasks, [...known.open.values()])
    return
  }
  const open = await step.rows.tasks({ open_of: run_id })
  join(step.tasks, open)
  const run = step.runs.get(run_id)
  if (!run) return
  step.known.set(run_id, {
    run,
    open: new Map(open.map((task) => [task.id, step.tasks.get(task.id) ?? task])),
  })
}

/** After the commit: what the step has made of its runs is what this process knows. */
export const rememberRuns = ({ known }: Engine, step: Step): void => {
  for (const task of step.tasks.values()) {
    const open = step.known.get(task.run_id ?? "")?.open
    if (taskMoves.terminal.some((status) => status === task.status)) open?.delete(task.id)
    else open?.set(task.id, task)
  }
  for (const run of step.runs.values()) {
    const open = step.known.get(run.id)?.open
    if (open && open.size > 0) known.keep({ run, open })
    else if (open) known.forget(run.id)
    else known.outdated(run.id, run.revision)
  }
}
