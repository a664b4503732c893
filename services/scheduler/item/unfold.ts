import { canonicalJson } from "#language/canonical-json.ts"
import type { Ended as EndedTask } from "#language/decide.ts"
import { itemName, itemsOf } from "#language/each.ts"
import { limits } from "#language/limits.ts"
import type { Plan } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import { knownTask } from "../run/load.ts"
import type { EarlierItem, RunRow, TaskRow } from "../step/rows.ts"
import { join, type Step } from "../step/step.ts"
import { contextOf } from "../task/attempt.ts"
import { type Outputs, outputsOf } from "../task/outputs.ts"
import { letGo } from "../task/release.ts"
import { failTemplate, fold } from "./fold.ts"
import { begunBy, idsBetween, sizeOf, type Template, templateOf } from "./templates.ts"

export type PlannedRun = { readonly run: RunRow; readonly plan: Plan }

/**
 * Begins tasks that run once for each of their items, whose lists are known only now: their items are tasks of the run from
 * here on. Answers those that have ended by this: without items, or since there can't be any.
 */
export const unfold = async (
  step: Step,
  planned: PlannedRun,
  templates: readonly TaskRow[],
): Promise<readonly EndedTask[]> => {
  if (templates.length === 0) return []
  const outputs = await readsOf(step, planned, templates)
  const ended: EndedTask[] = []
  const empty: TaskRow[] = []
  let first = await nextPlace(step, planned)
  for (const task of templates) {
    const found = listOf(step, planned, { task, outputs, first })
    if ("error" in found) {
      ended.push(failTemplate(step, planned, { task, error: found.error }))
      continue
    }
    const earlier = planned.run.trigger === "rerun" ? await step.rows.earlierItems(task) : []
    unfoldOne(step, planned, { task, items: found.items, first, earlier })
    first += found.items.length
    if (task.needs_left === 0) empty.push(task)
  }
  return [...ended, ...(await fold(step, planned, empty))]
}

/** What the lists are made of. */
const readsOf = (step: Step, { run, plan }: PlannedRun, templates: readonly TaskRow[]): Promise<Outputs> => {
  const wanted = templates.flatMap(({ idx }) => {
    const { each, reads = [] } = plan.tasks[idx] ?? {}
    return each?.items ? [] : reads.map((place) => taskRunId(run.id, place))
  })
  return outputsOf(step, new Set(wanted))
}

/** Behind the items of all tasks that have begun theirs. */
const nextPlace = async (step: Step, { run, plan }: PlannedRun): Promise<number> => {
  const ids = plan.tasks.filter(({ each }) => each).map(({ idx }) => taskRunId(run.id, idx))
  if (ids.length > 1) await loadTasks(step, ids)
  const ends = ids.flatMap((id) => {
    const task = step.tasks.get(id)
    if (!task?.payload) return []
    const { first, count } = templateOf(task)
    return [first + count]
  })
  return Math.max(plan.tasks.length, ...ends)
}

/** Tasks of a locked run, whether they have ended or not. */
export const loadTasks = async (step: Step, ids: readonly string[]): Promise<void> => {
  const missing = ids.filter((id) => !knownTask(step, id))
  if (missing.length > 0) join(step.tasks, await step.rows.tasks(missing))
}

type Asked = { readonly task: TaskRow; readonly outputs: Outputs; readonly first: number }
type Listed = { readonly items: readonly unknown[] } | { readonly error: { code: string; message: string } }

const listOf = (step: Step, { run, plan }: PlannedRun, { task, outputs, first }: Asked): Listed => {
  const plan_task = plan.tasks[task.idx]
  if (!plan_task?.each) throw new Error("a task without items was to have some")
  try {
    const context = { ...contextOf(run, { plan, plan_task, outputs }), now: step.now.toISOString() }
    const items = itemsOf(plan_task.each, context)
    const total = first + items.length
    if (total <= limits.max_expanded_tasks) return { items }
    const message = `With its ${items.length} items the run would have ${total} tasks; there are at most ${limits.max_expanded_tasks}.`
    return { error: { code: "items.too_many", message } }
  } catch (error) {
    // Whatever it is, one run's list must not hold up those who report.
    if (!(error instanceof Error)) throw error
    return { error: { code: "items.invalid", message: `Its items can't be told: ${error.message}.` } }
  }
}

type Unfolding = {
  readonly task: TaskRow
  readonly items: readonly unknown[]
  readonly first: number
  readonly earlier: readonly EarlierItem[]
}

const unfoldOne = (step: Step, { run, plan }: PlannedRun, unfolding: Unfolding): void => {
  const { task, items, first } = unfolding
  const done = doneBefore(unfolding)
  const todo = done.size === 0 ? undefined : [...items.keys()].filter((index) => !done.has(index))
  const template: Template = { first, count: items.length, ...(todo && { todo }) }
  const needs_left = sizeOf(template)
  for (const [index, payload] of items.entries()) {
    const item = newItem(task, { id: taskRunId(run.id, first + index), index, payload })
    const earlier = done.get(index)
    if (earlier) Object.assign(item, { status: "completed", needs_left: 0 })
    else step.tasks.set(item.id, item)
    step.decided.created.push({ task: item, earlier })
  }
  run.open += needs_left
  Object.assign(task, { status: "waiting", needs_left, needs_bad: 0, payload: template })
  step.decided.counted.delete(task)
  step.decided.unfolded.push(task)
  const planned = plan.tasks[task.idx]
  if (planned)
    beginItems(
      step,
      run,
      idsBetween(run.id, template, { from: 0, to: begunBy(planned, template, needs_left) }),
    )
}

/** Those that are held back no more. */
export const beginItems = (step: Step, run: RunRow, ids: readonly string[]): void => {
  for (const id of ids) {
    const task = step.tasks.get(id)
    if (task?.status === "pending") letGo(step, run, task)
  }
}

/** An item is the same where its place and its value are. */
const doneBefore = ({ items, earlier }: Unfolding): ReadonlyMap<number, EarlierItem> => {
  const isSame = ({ item, payload }: EarlierItem) =>
    item < items.length && canonicalJson(items[item] ?? null) === canonicalJson(payload ?? null)
  return new Map(earlier.filter(isSame).map((one) => [one.item, one]))
}

type NewItem = { readonly id: string; readonly index: number; readonly payload: unknown }

/** Until it may begin, its task counts as a need of it. */
const newItem = (template: TaskRow, { id, index, payload }: NewItem): TaskRow => ({
  ...template,
  ...{ id, item: index, task: itemName(template.task, index), payload },
  ...{ status: "pending", needs_left: 1, needs_bad: 0 },
})
