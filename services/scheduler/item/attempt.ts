import { type Each, itemContext } from "#language/each.ts"
import type { PlanTask } from "#language/plan.ts"
import type { TaskRow } from "../step/rows.ts"
import type { AttemptContext } from "../task/attempt.ts"

const single = new WeakMap<PlanTask, PlanTask>()

/** What one item's worker runs: the list of all of them, which may be long, is not its business. */
export const taskOfItem = (planned: PlanTask): PlanTask => {
  if (!planned.each) return planned
  const known = single.get(planned)
  if (known) return known
  const { each: _, ...own } = planned
  single.set(planned, own)
  return own
}

/** With what this item may read besides. */
export const withItem = (
  context: AttemptContext,
  each: Each | undefined,
  { item, payload }: TaskRow,
): AttemptContext =>
  item === null || !each ? context : { ...context, ...itemContext(each, item, payload ?? null) }
