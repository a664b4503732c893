import type { RetryPolicy } from "#language/plan.ts"
import { isJobId, runOf } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { leaveGate } from "../gate/gate.ts"
import { endRuns } from "../run/end.ts"
import { joinRuns, knownTask, loadRuns, type Recalled } from "../run/load.ts"
import type { TaskRow } from "../step/rows.ts"
import { type Ended, join, planOfRun, runOfTask, type Step } from "../step/step.ts"
import { advanceRuns } from "./advance.ts"
import { release } from "./release.ts"
import { tellEnded } from "./tell-ended.ts"
import { judge, type Settlement, type Verdict } from "./verdict.ts"

const no_retries: RetryPolicy = { max_retries: 0, initial_ms: 1_000, factor: 2, max_ms: 60_000, jitter: 0.1 }

/** Ends attempts and moves their runs on. */
export const settle = async (
  engine: Engine,
  step: Step,
  settlements: readonly Settlement[],
): Promise<readonly Verdict[]> => {
  if (settlements.length === 0) return []
  await loadSettled(engine, step, new Set(settlements.map(({ task_run_id }) => task_run_id)))
  return settleLoaded(engine, step, settlements)
}

/** What is known is not read: the transaction holds the runs as they are known. */
export const settleKnown = async (
  engine: Engine,
  step: Step,
  { recalled, settlements }: { readonly recalled: Recalled; readonly settlements: readonly Settlement[] },
): Promise<readonly Verdict[]> => {
  const { runs, jobs } = recalled
  await joinRuns(engine, step, runs)
  join(step.tasks, jobs)
  step.is_guessed = jobs.length > 0
  for (const { task_run_id } of settlements) knownTask(step, task_run_id)
  return settleLoaded(engine, step, settlements)
}

const settleLoaded = async (
  engine: Engine,
  step: Step,
  settlements: readonly Settlement[],
): Promise<readonly Verdict[]> => {
  // Whatever becomes of this step, a job that is reported isn't one that runs any more.
  for (const { task_run_id } of settlements) engine.known_jobs.forget(task_run_id)
  const verdicts = settlements.map((settlement) => {
    const task = step.tasks.get(settlement.task_run_id)
    const verdict = judge({ settlement, held: task, ...termsOf(step, task) }, step.random)
    // The same result twice in one batch: the second one finds it settled.
    if (verdict.verdict === "accepted" && task) accept(step, task, { settlement, verdict })
    return verdict
  })
  await advanceRuns(step)
  await endRuns(step)
  return verdicts
}

/** Runs first. What waits for the tasks is read in the same round trip, if their plans are at hand; else when they advance. */
const loadSettled = async (engine: Engine, step: Step, ids: ReadonlySet<string>): Promise<void> => {
  const run_ids = new Set([...ids].filter((id) => !isJobId(id)).map(runOf))
  const waiting = engine.plans.successorsOf(ids)
  const [, tasks] = await Promise.all([
    loadRuns(engine, step, run_ids),
    step.rows.tasks([...new Set([...ids, ...waiting])]),
  ])
  join(step.tasks, tasks)
}

type Terms = { readonly retry: RetryPolicy; readonly is_once: boolean }

const termsOf = (step: Step, task: TaskRow | undefined): Terms => {
  if (!task) return { retry: no_retries, is_once: false }
  if (task.run_id === null) return { retry: task.settings?.retry ?? no_retries, is_once: false }
  const planned = planOfRun(step, runOfTask(step, task))?.tasks[task.idx]
  return { retry: planned?.retry ?? no_retries, is_once: planned?.on_worker_lost === "fail" }
}

type Judged = {
  readonly settlement: Settlement
  readonly verdict: Extract<Verdict, { verdict: "accepted" }>
}

const accept = (step: Step, task: TaskRow, { settlement, verdict }: Judged): void => {
  const { status, lost, returned, delay_ms, error } = verdict
  const ended: Ended = { task, settlement, token: settlement.token, delay_ms, error }
  Object.assign(task, { status, lost, returned })
  step.decided.ended.push(ended)
  tellEnded(step, ended)
  if (status === "queued") release(step, runOfTask(step, task), task)
  else if (status !== "retrying") leaveGate(step, task)
}
