import { recent } from "#kernel/service/recent.ts"
import type { Plan } from "#language/plan.ts"
import { isJobId, placeOf, runOf, taskRunId } from "#language/run-id.ts"

/** Compiled plans by their content address; they never change, so they are kept in memory. */
export type Plans = {
  keep(id: string, plan: Plan): void
  /** Whether one was written, or found, so lately that it is there. */
  wasWritten(id: string, now: Date): boolean
  written(ids: Iterable<string>, now: Date): void
  /** The plans of these runs; `read` brings what isn't in memory, all at once. */
  of(runs: readonly PlannedRun[], read: ReadPlans): Promise<readonly KeptPlan[]>
  /** What waits for these tasks, as far as it is known without asking. */
  successorsOf(task_run_ids: Iterable<string>): readonly string[]
}

export type KeptPlan = { readonly id: string; readonly plan: Plan }

type PlannedRun = { readonly id: string; readonly plan_id: string }
type ReadPlans = (ids: readonly string[]) => Promise<readonly KeptPlan[]>

const max_plans = 500
const max_runs = 20_000

/** Plans that were not used for days are removed, see `retention/clean.ts`. */
const written_ms = 12 * 3_600_000

export const createPlans = (): Plans => {
  const plans = recent<Plan>(max_plans)
  const plan_ids = recent<string>(max_runs)
  const stored = recent<number>(max_plans)
  return {
    keep: plans.keep,
    wasWritten: (id, now) => now.getTime() - (stored.get(id) ?? Number.NEGATIVE_INFINITY) < written_ms,
    written(ids, now) {
      for (const id of ids) stored.keep(id, now.getTime())
    },
    async of(runs, read) {
      const ids = [...new Set(runs.map((run) => run.plan_id))]
      const found = await read(ids.filter((id) => !plans.get(id)))
      for (const { id, plan } of found) plans.keep(id, plan)
      for (const run of runs) plan_ids.keep(run.id, run.plan_id)
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
