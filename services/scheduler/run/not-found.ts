import { Problem } from "#kernel/problem/problem.ts"

/** Said of a run of another workspace, too. */
export const runNotFound = (run_id: string): Problem =>
  new Problem("run.not_found", { detail: `There is no run ${run_id} in this workspace.` })
