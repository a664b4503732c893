import type { Engine } from "../engine.ts"
import type { RunRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"

/** Brings the plans of these runs into the step. */
export const loadPlans = async ({ plans }: Engine, step: Step, runs: readonly RunRow[]): Promise<void> => {
  for (const { id, plan } of await plans.of(runs, step.rows.plans)) step.plans.set(id, plan)
}
