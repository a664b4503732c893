import type { PlanTask } from "#language/plan.ts"
import type { RunRow } from "../step/rows.ts"

/** What a run that is being stopped does all the same: its last tasks, and if its time is up what handles failures. */
export const isSpared = (
  { reason }: Pick<RunRow, "reason">,
  planned: Pick<PlanTask, "section"> | undefined,
): boolean => {
  if (reason === "timeout") return planned?.section !== undefined
  return reason === "cancelled" && planned?.section === "finally"
}

export const isStopped = ({ reason }: Pick<RunRow, "reason">): boolean =>
  reason === "cancelled" || reason === "timeout"
