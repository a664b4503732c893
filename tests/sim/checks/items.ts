import type { PlanTask } from "#language/plan.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import type { StoredTask } from "#services/scheduler/memory/tables.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"
import { isSpared } from "./last.ts"
import type { Facts } from "./run.ts"

/** Each item is there once, none before its task may run, as many go on as may, and the task ends after all of them. */
export const checkItems = (facts: Facts, changed: readonly StoredTask[]): void => {
  const places = new Set(changed.map(({ idx }) => idx))
  for (const planned of facts.plan.tasks) {
    if (planned.each && places.has(planned.idx)) checkTemplate(facts, planned)
  }
}

const checkTemplate = ({ run, tasks }: Facts, planned: PlanTask): void => {
  const task = tasks.find(({ idx, item }) => idx === planned.idx && item === null)
  if (!task) throw new Error(`${run.id} has no task ${planned.name}`)
  const items = tasks.filter(({ idx, item }) => idx === planned.idx && item !== null)
  const numbers = items.map(({ item }) => item)
  demand(
    numbers.every((item, index) => item === index),
    () => `${task.id} has the items ${numbers}`,
  )
  const open = items.filter((item) => !isTerminal(item))
  if (items.length > 0) checkBegun(task, items)
  if (isTerminal(task))
    demand(open.length === 0, () => `${task.id} is ${task.status} before ${open.length} items`)
  if (task.status === "waiting") checkCounts({ task, planned, run }, items)
  if (task.status === "completed" && items.length > 0) checkOutputs(task, planned, items)
}

const checkBegun = (task: StoredTask, items: readonly StoredTask[]): void => {
  const isBegun = task.status !== "pending" && task.status !== "skipped"
  demand(isBegun, () => `${task.id} is ${task.status} and has ${items.length} items`)
}

type Waiting = { readonly task: StoredTask; readonly planned: PlanTask; readonly run: Facts["run"] }

const checkCounts = ({ task, planned, run }: Waiting, items: readonly StoredTask[]): void => {
  const open = items.filter((item) => !isTerminal(item))
  const bad = items.filter((item) => isBadItem(item, planned)).length
  const counts = `${task.needs_left} left, ${task.needs_bad} bad`
  const isRight = open.length > 0 && task.needs_left === open.length && task.needs_bad === bad
  demand(isRight, () => `${task.id} counts ${counts}; it has ${open.length} and ${bad}`)
  // What the engine itself decides about is let go, but begins only when its run isn't paused.
  const going = open.filter(({ status, needs_left }) => status !== "pending" || needs_left === 0).length
  const max = Math.min(planned.each?.max_parallel ?? items.length, open.length)
  demand(going <= max, () => `${going} items of ${task.id} go on; ${max} may`)
  // Whoever cancels twice stops what is done at last, too: then some of it is asked to stop.
  const isLast =
    isSpared(run, planned) && !items.some(({ status, cancel }) => cancel || status === "cancelled")
  const isStopped = (run.reason !== null && !isLast) || (planned.each?.fail_fast === true && bad > 0)
  if (!isStopped) demand(going === max, () => `${going} items of ${task.id} go on, and ${max} could`)
  if (isStopped) {
    const left = open.filter(({ status, cancel }) => status !== "running" || !cancel)
    demand(left.length === 0, () => `${left.length} items of ${task.id} go on though it is being stopped`)
  }
}

const isBadItem = ({ status }: StoredTask, { continue_on_error }: PlanTask): boolean =>
  status === "failed" ? !continue_on_error : status === "cancelled"

const checkOutputs = (task: StoredTask, planned: PlanTask, items: readonly StoredTask[]): void => {
  const bad = items.filter((item) => isBadItem(item, planned)).length
  demand(bad === 0, () => `${task.id} has completed with ${bad} bad items`)
  for (const [name, list] of Object.entries(task.outputs ?? {})) {
    const wanted = JSON.stringify(items.map(({ outputs }) => outputs?.[name] ?? null))
    demand(
      JSON.stringify(list) === wanted,
      () => `${task.id} has the outputs ${JSON.stringify(list)}, not ${wanted}`,
    )
  }
}
