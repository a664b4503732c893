import type { RunRow } from "../step/rows.ts"
import { join, type Step } from "../step/step.ts"
import { runNotFound } from "./not-found.ts"

export type OwnRun = { readonly workspace_id: string; readonly run_id: string }

/** Another workspace's run is as unknown as one that isn't there. */
export const lockOwnRun = async (step: Step, { workspace_id, run_id }: OwnRun): Promise<RunRow> => {
  const [run] = await step.rows.runs([run_id])
  if (!run || run.workspace_id !== workspace_id) {
    throw runNotFound(run_id)
  }
  join(step.runs, [run])
  return run
}
