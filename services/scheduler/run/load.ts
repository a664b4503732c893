import { isJobId, runOf } from "#language/run-id.ts"
import { readsTrigger } from "#language/trigger-reads.ts"
import type { Engine } from "../engine.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { join, planOfRun, type Step } from "../step/step.ts"
import { taskMoves } from "../task/moves.ts"
import type { Settlement } from "../task/verdict.ts"
import { isAsBegun, tasksAsBegun } from "./as-begun.ts"

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

/**
 * Of a run that nobody has moved on since this process did, the tasks are known. They are taken out at once, before anything
 * is waited for: another step that found the same rows would change them, too.
 */
export const joinRuns = async (engine: Engine, step: Step, runs: readonly RunRow[]): Promise<void> => {
  join(step.runs, runs)
  const begun: RunRow[] = []
  for (const run of runs) {
    const known = engine.known.take(run.id)
    if (known?.run.revision !== run.revision) continue
    if (known.open) step.known.set(run.id, { run, open: known.open })
    else begun.push(run)
  }
  let asks = false
  for (const { id, plan } of await engine.plans.of(runs, step.rows.plans)) {
    step.plans.set(id, plan)
    asks ||= readsTrigger(plan)
  }
  for (const run of begun) {
    const open = tasksAsBegun(run, planOfRun(step, run))
    if (open) step.known.set(run.id, { run, open })
  }
  if (asks) await joinTriggers(step, runs)
}

const joinTriggers = async (step: Step, runs: readonly RunRow[]): Promise<void> => {
  const untold = runs.filter((run) => {
    const plan = step.plans.get(run.plan_id)
    return run.happened === undefined && plan !== undefined && readsTrigger(plan)
  })
  if (untold.length === 0) return
  const told = new Map(
    (await step.rows.triggers(untold.map(({ id }) => id))).map(({ run_id, happened }) => [run_id, happened]),
  )
  for (const run of untold) run.happened = told.get(run.id) ?? { type: run.trigger }
}

/** What this process knows of what is reported: then nothing of it has to be read. */
export type Recalled = { readonly runs: readonly RunRow[]; readonly jobs: readonly TaskRow[] }

/**
 * If all of it is known. A job that has ended well needs no more than that it was still running under its token, which is
 * looked at as it is written; one with a key is locked before its gate.
 */
export const recall = (engine: Engine, settlements: readonly Settlement[]): Recalled | undefined => {
  const runs = new Map<string, RunRow>()
  const jobs: TaskRow[] = []
  for (const { task_run_id: id, outcome, token } of settlements) {
    if (isJobId(id)) {
      const job = engine.known_jobs.get(id)
      if (job?.token !== token || outcome !== "completed" || job.gate_key !== null) return undefined
      jobs.push(job)
      continue
    }
    const known = engine.known.peek(runOf(id))
    if (!known?.open?.has(id)) return undefined
    runs.set(known.run.id, known.run)
  }
  return { runs: [...runs.values()].sort((one, other) => (one.id < other.id ? -1 : 1)), jobs }
}

/** A task of a run that is locked, as far as that is known without asking. */
export const knownTask = (step: Step, id: string): TaskRow | undefined => {
  const known = step.tasks.get(id) ?? step.known.get(runOf(id))?.open.get(id)
  if (known) step.tasks.set(id, known)
  return known
}

/** All tasks of a locked run that have not ended join the step. */
export const loadOpenTasks = async (step: Step, run_id: string): Promise<readonly TaskRow[]> => {
  const known = step.known.get(run_id)
  const found = known ? [...known.open.values()] : await step.rows.tasks({ open_of: run_id })
  join(step.tasks, found)
  const open = found.map((task) => step.tasks.get(task.id) ?? task)
  const run = step.runs.get(run_id)
  if (run && !known) step.known.set(run_id, { run, open: new Map(open.map((task) => [task.id, task])) })
  return open
}

const terminal: ReadonlySet<string> = new Set(taskMoves.terminal)

/** After the commit: what the step has made of its runs is what this process knows. */
export const rememberRuns = ({ known, known_jobs }: Engine, step: Step): void => {
  for (const task of step.decided.claimed) if (task.run_id === null) known_jobs.keep(task.id, task)
  for (const task of step.tasks.values()) {
    const open = step.known.get(task.run_id ?? "")?.open
    if (terminal.has(task.status)) open?.delete(task.id)
    else open?.set(task.id, task)
  }
  for (const run of step.runs.values()) {
    const open = step.known.get(run.id)?.open
    if (open && open.size > 0) known.keep({ run, open: isAsBegun(step, run, open) ? undefined : open })
    else if (open) known.forget(run.id)
    else known.outdated(run.id, run.revision)
  }
}
