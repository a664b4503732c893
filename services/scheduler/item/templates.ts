import type { PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import type { Places, TaskRow } from "../step/rows.ts"

/**
 * Where the items of a task are, which its row keeps as its payload: at places one after the other, behind all those that the
 * run had before. Its `needs_left` counts the items that have not ended, and `needs_bad` those that ended badly.
 */
export type Template = {
  readonly first: number
  readonly count: number
  /** Which items this run has to do, where an earlier run has done some; all of them, if absent. */
  readonly todo?: readonly number[]
}

/** Undefined while it has none at that place. */
export const itemId = (run_id: string, task: TaskRow, index: number): string | undefined => {
  if (!hasItems(task)) return undefined
  const { first, count } = templateOf(task)
  return index < count ? taskRunId(run_id, first + index) : undefined
}

const hasItems = ({ item, payload }: TaskRow): boolean =>
  item === null && typeof payload === "object" && payload !== null && "first" in payload

/** Whether its items have begun, and not all have ended. */
export const isOpenTemplate = (task: TaskRow): boolean => task.status === "waiting" && hasItems(task)

export const templateOf = ({ payload }: TaskRow): Template => {
  if (typeof payload !== "object" || payload === null || !("first" in payload)) {
    throw new Error("a task's items have no places")
  }
  return payload as Template
}

export const placesOf = (run_id: string, { first, count }: Template): Places => ({ run_id, first, count })

/**
 * The items that may begin, as so many have ended: they begin in their order, and each end lets one more begin. So what is
 * held back is known without looking at it.
 */
export const begunBy = (planned: PlanTask, template: Template, needs_left: number): number => {
  const all = sizeOf(template)
  return Math.min(all, (planned.each?.max_parallel ?? all) + all - needs_left)
}

/** How many items this run has to do. */
export const sizeOf = ({ todo, count }: Template): number => todo?.length ?? count

/** The ids of those that begin in this turn. */
export const idsBetween = (
  run_id: string,
  { first, todo }: Template,
  { from, to }: { readonly from: number; readonly to: number },
): readonly string[] => {
  const ids: string[] = []
  for (let turn = from; turn < to; turn++)
    ids.push(taskRunId(run_id, first + (todo ? (todo[turn] ?? 0) : turn)))
  return ids
}
