import type { PlanTask } from "#language/plan.ts"
import type { StoredRun } from "#services/scheduler/memory/tables.ts"

/** What a run that was stopped does all the same, told once more: asking the engine would believe its mistakes. */
export const isSpared = (
  { reason }: Pick<StoredRun, "reason">,
  planned: Pick<PlanTask, "section"> | undefined,
): boolean => {
  const spared = { timeout: ["on_failure", "finally"], cancelled: ["finally"] }[reason ?? ""] ?? []
  return spared.some((section) => section === planned?.section)
}
