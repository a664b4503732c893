import type { Plan } from "#language/plan.ts"
import { isJobId, placeOf, runOf, taskRunId } from "#language/run-id.ts"

/** Compiled plans by their content address; they never change, so they are kept in memory. */
export type Plans = {
  keep(id: string, plan: Plan): void
  /** The plans of these runs; `read` brings what isn't in memory, all at once. */
  of(runs: readonly PlannedRun[], read: ReadPlans): Promise<readonly KeptPlan[]>
  remember(runs: readonly PlannedRun[]): void
  /** What waits for these tasks, as far as it is known without asking. */
  successorsOf(task_run_ids: Iterable<string>): readonly string[]
}

export type KeptPlan = { readonly id: string; readonly plan: Plan }

type PlannedRun = { readonly id: string; readonly plan_id: string }
type ReadPlans = (ids: readonly string[]) => Promise<readonly KeptPlan[]>

const max_plans = 500
const max_runs = 20_000

/** Forgets what was not used for the longest time. */
const recent = <Value>(max: number) => {
  const kept = new Map<string, Value>()
  return {
    get(id: string): Value | undefined {
      return kept.get(id)
    },
    keep(id: string, value: Value) {
      kept.delete(id)
      const oldest = kept.keys().next()
      if (kept.size >= max && !oldest.done) kept.delete(oldest.value)
      kept.set(id, value)
    },
  }
}

export const createPlans = (): Plans => {
  const plans = recent<Plan>(max_plans)
  const plan_ids = recent<string>(max_runs)
  const remember = (runs: readonly PlannedRun[]) => {
    for (const run of runs) plan_ids.keep(run.id, run.plan_id)
  }
  return {
    keep: plans.keep,
    remember,
    async of(runs, read) {
      const ids = [...new Set(runs.map((run) => run.plan_id))]
      const found = await read(ids.filter((id) => !plans.get(id)))
      for (const { id, plan } of found) plans.keep(id, plan)
      remember(runs)
      return ids.flatMap((id) => {
        const plan = plans.get(id)
        if (!plan) return []
        plans.keep(id, plan)
        return [{ id, plan }]
      })
    },
    successorsOf(task_run_ids) {
      const ids: string[] = []
      for (const id of task_run_ids) {
        if (isJobId(id)) continue
        const run_id = runOf(id)
        const plan = plans.get(plan_ids.get(run_id) ?? "")
        const successors = plan?.tasks[placeOf(id)]?.successors ?? []
        for (const idx of successors) ids.push(taskRunId(run_id, idx))
      }
      return ids
    },
  }
}
