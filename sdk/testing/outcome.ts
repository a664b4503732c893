import { type StoredTask, tasksOf } from "#services/scheduler/memory/tables.ts"
import { type Bench, dateOf } from "./bench.ts"
import type { Outcome, TaskOutcome } from "./options.ts"

/** How a run has ended, and its tasks. */
export const outcomeOf = (bench: Bench, run_id: string): Outcome => {
  const { tables, told } = bench
  const run = tables.runs.get(run_id)
  if (!run) throw new Error(`There is no run ${run_id}.`)
  const own = told.filter((fact) => fact.run_id === run_id)
  const [first_ms = 0, last_ms = 0] = [own.at(0)?.at_ms, own.at(-1)?.at_ms]
  const all = tasksOf(tables, run_id)
  const outer = all.filter(({ item }) => item === null)
  return {
    ...{ status: run.status, reason: run.reason, outputs: run.outputs ?? {} },
    tasks: Object.fromEntries(outer.map((task) => [task.task, taskOutcome(bench, task, all)])),
    order: own.flatMap(({ type, task }) => (type === "task.started" && task !== null ? [task] : [])),
    at: dateOf(last_ms),
    took_ms: last_ms - first_ms,
  }
}

const taskOutcome = (bench: Bench, task: StoredTask, all: readonly StoredTask[]): TaskOutcome => {
  const own = bench.told.filter((fact) => fact.run_id === task.run_id && fact.task === task.task)
  const started = own.find(({ type }) => type === "task.started" || type === "task.waiting")
  const ended = own.findLast(({ status }) => status === task.status)
  const error = own.findLast(({ data }) => data.error !== undefined)?.data.error
  const { wait } = task
  const items = all
    .filter((one) => task.item === null && one.item !== null && one.idx === task.idx)
    .toSorted((one, other) => (one.item ?? 0) - (other.item ?? 0))
  const begun = wait?.for === "workflow" && bench.tables.runs.has(wait.run_id) ? wait.run_id : undefined
  return {
    ...{ status: task.status, reason: task.reason, outputs: task.outputs ?? {}, attempts: task.attempt },
    error: task.status === "completed" ? undefined : (error as TaskOutcome["error"]),
    items: items.map((one) => taskOutcome(bench, one, [])),
    started_at: started && dateOf(started.at_ms),
    ended_at: ended && dateOf(ended.at_ms),
    run: begun === undefined ? undefined : outcomeOf(bench, begun),
  }
}
