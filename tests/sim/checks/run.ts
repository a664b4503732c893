import type { Plan, PlanTask } from "#language/plan.ts"
import type { Changes } from "#services/scheduler/memory/changes.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import { isTerminal, type StoredRun, type StoredTask, tasksOf } from "#services/scheduler/memory/tables.ts"
import { checkItems } from "./items.ts"
import { isSpared } from "./last.ts"

export type Facts = {
  readonly run: StoredRun
  readonly plan: Plan
  readonly tasks: readonly StoredTask[]
}

/** A run's counts are those of its tasks, its tasks are where the plan wants them, and it ends as they did. */
export const checkRun = (changes: Changes, id: string, before: StoredRun | undefined): void => {
  const { tables } = changes
  const run = tables.runs.get(id)
  const plan = run && tables.plans.get(run.plan_id)
  if (!run || !plan) throw new Error(`There is no run ${id}, or it has no plan.`)
  if (before && isTerminal(before)) {
    demand(
      run.status === before.status && run.open === 0,
      () => `the run ${id} was ${before.status} and is ${run.status}`,
    )
  }
  const facts = { run, plan, tasks: tasksOf(tables, id) }
  checkCounts(facts)
  if (run.reason === "cancelled" || run.reason === "timeout") checkStopped(facts)
  const changed = facts.tasks.filter(({ id: one }) => changes.tasks.has(one))
  for (const task of changed) if (task.item === null) checkPlace(facts, task)
  if (facts.plan.tasks.some(({ each }) => each)) checkItems(facts, changed)
  if (isTerminal(run) && (!before || !isTerminal(before))) {
    checkOutcome(facts)
    if (!tables.forced.has(id)) checkLast(facts)
  }
}

const checkCounts = ({ run, plan, tasks }: Facts): void => {
  const open = tasks.filter((task) => !isTerminal(task)).length
  demand(run.open === open, () => `${run.id} has ${open} open tasks and counts ${run.open}`)
  demand(isTerminal(run) === (open === 0), () => `${run.id} has ${open} open tasks and is ${run.status}`)
  const isBad = (task: StoredTask) =>
    task.status === "failed" && task.item === null && plan.tasks[task.idx]?.continue_on_error === false
  const bad = tasks.filter(isBad).length
  demand(run.bad === bad, () => `${run.id} has ${bad} failures and counts ${run.bad}`)
}

/** Nothing begins any more, and what runs was told to stop, but for what it does at last. */
const checkStopped = ({ run, plan, tasks }: Facts): void => {
  for (const task of tasks) {
    if (isSpared(run, plan.tasks[task.idx])) continue
    const isLeft = isTerminal(task) || (task.status === "running" && task.cancel) || task.status === "waiting"
    demand(isLeft, () => `${task.id} is ${task.status} in a run that was stopped: ${run.reason}`)
  }
}

/** Whether what ended is bad for those that need it. */
const isBadFor = (task: StoredTask, planned: PlanTask | undefined): boolean => {
  if (task.status === "failed") return planned?.continue_on_error === false
  if (task.status === "skipped" && planned?.section === "on_failure") return true
  if (task.status === "skipped") return task.reason !== "condition" && planned?.when === "success"
  return task.status === "cancelled"
}

const checkPlace = ({ run, plan, tasks }: Facts, task: StoredTask): void => {
  const planned = plan.tasks[task.idx]
  const isLast = isSpared(run, planned)
  if (isLast) {
    const before = tasks.filter(
      ({ idx, status }) => !isTerminal({ status }) && !isSpared(run, plan.tasks[idx]),
    )
    const isHeld = before.length === 0 || task.status === "pending" || isTerminal(task)
    demand(isHeld, () => `${task.id} is ${task.status} at last, and ${before.length} are open before`)
  }
  const needs = (planned?.needs ?? []).flatMap((idx) => tasks[idx] ?? [])
  const open = needs.filter((need) => !isTerminal(need)).length
  const bad = needs.filter((need) => isBadFor(need, plan.tasks[need.idx])).length
  if (task.status === "pending") {
    const counts = `${task.needs_left} left, ${task.needs_bad} bad`
    const isRight = task.needs_left === open && task.needs_bad === bad
    demand(isRight || isLast, () => `${task.id} counts ${counts}; it has ${open} and ${bad}`)
    return
  }
  if (task.status === "cancelled") return
  const isWorked = task.status === "queued" || task.status === "running"
  demand(
    !planned?.wait || !isWorked,
    () => `${task.id} waits for ${planned?.wait?.for} and is ${task.status}`,
  )
  demand(open === 0, () => `${task.id} is ${task.status} while ${open} of its needs are open`)
  if (planned?.if !== undefined && task.status !== "skipped")
    checkCondition({ plan, tasks }, task, planned.if)
  if (task.reason === "condition") {
    checkCondition({ plan, tasks }, task, planned?.if ?? "true")
    return
  }
  const when = planned?.when ?? "success"
  // A failure there is, if the time was up.
  const isHandler =
    isLast && planned?.section === "on_failure" && needs.every(({ idx }) => !isSpared(run, plan.tasks[idx]))
  const runs = when === "always" || isHandler || (bad === 0) === (when === "success")
  demand(
    (task.status === "skipped") === !runs,
    () => `${task.id} is ${task.status} with ${bad} bad needs, when ${when}`,
  )
}

/** Read once more, by other means than the engine's. */
const checkCondition = (
  { plan, tasks }: Pick<Facts, "plan" | "tasks">,
  task: StoredTask,
  condition: string,
): void => {
  const [, name = "", sign] = /^tasks\.(\w+)\.status (==|!=)/.exec(condition) ?? []
  const need = tasks[plan.tasks.findIndex((planned) => planned.name === name)]
  const holds = sign === undefined ? condition === "true" : (need?.status === "completed") === (sign === "==")
  const isTold = sign !== undefined || condition === "true" || condition === "false"
  const isRight = isTold ? (task.status !== "skipped") === holds : task.reason === "if.invalid"
  demand(isRight, () => `${task.id} is ${task.status}, ${task.reason}, if ${condition}`)
}

const checkOutcome = ({ run }: Facts): void => {
  const wanted = () => {
    if (run.reason === "timeout") return "failed"
    if (run.reason === "cancelled") return "cancelled"
    return run.bad > 0 ? "failed" : "completed"
  }
  demand(
    run.status === wanted(),
    () => `${run.id} ended ${run.status}, ${run.reason}; it has ${run.bad} failures`,
  )
}

/** Whoever stops a run once lets it do what it does at last. */
const checkLast = ({ run, plan, tasks }: Facts): void => {
  for (const { id, idx, item, status } of tasks) {
    if (plan.tasks[idx]?.section !== "finally" || item !== null) continue
    demand(status !== "cancelled", () => `${id} was to be done at last, and is cancelled with ${run.id}`)
  }
}
