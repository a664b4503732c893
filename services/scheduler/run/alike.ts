import type { RunRow, TaskRow } from "../step/rows.ts"
import type { Begun } from "./start.ts"

/** Runs that are written alike: but for ids, inputs, traces and what they repeat, the first says it for all. */
export type Alike = readonly [Begun, ...Begun[]]

/** In the order of the first of each. Most starts that come together are of one plan, and differ in what a worker took of them. */
export const alikeOf = (begun: readonly Begun[]): readonly Alike[] => {
  const groups: [Begun, ...Begun[]][] = []
  for (const one of begun) {
    const group = groups.find(([first]) => areAlike(first, one))
    if (group) group.push(one)
    else groups.push([one])
  }
  return groups
}

/** What an earlier run has done is its tasks' own. */
const areAlike = (first: Begun, one: Begun): boolean =>
  first.kept.size === 0 &&
  one.kept.size === 0 &&
  run_columns.every((column) => first.run[column] === one.run[column]) &&
  first.start.trigger === one.start.trigger &&
  first.tasks.every((task, index) => areAlikeTasks(task, one.tasks[index]))

const run_columns = [
  "plan_id",
  "workspace_id",
  "workflow",
  "version",
  "open",
  "bad",
  "status",
  "reason",
  "seq",
  "gate_key",
] as const satisfies readonly (keyof RunRow)[]

/** Of the same task of a plan: all else is the plan's. */
const areAlikeTasks = (first: TaskRow, one: TaskRow | undefined): boolean =>
  first.status === one?.status &&
  first.reason === one.reason &&
  first.attempt === one.attempt &&
  first.needs_left === one.needs_left &&
  first.needs_bad === one.needs_bad
