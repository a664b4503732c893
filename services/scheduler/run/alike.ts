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
  areAlikeRuns(first.run, one.run) &&
  first.start.trigger === one.start.trigger &&
  first.tasks.every((task, index) => areAlikeTasks(task, one.tasks[index]))

const areAlikeRuns = (first: RunRow, one: RunRow): boolean =>
  first.plan_id === one.plan_id &&
  first.workspace_id === one.workspace_id &&
  first.workflow === one.workflow &&
  first.version === one.version &&
  first.open === one.open &&
  first.bad === one.bad &&
  first.status === one.status &&
  first.reason === one.reason &&
  first.seq === one.seq &&
  first.gate_key === one.gate_key

/** Of the same task of a plan: all else is the plan's. */
const areAlikeTasks = (first: TaskRow, one: TaskRow | undefined): boolean =>
  first.status === one?.status &&
  first.reason === one.reason &&
  first.attempt === one.attempt &&
  first.needs_left === one.needs_left &&
  first.needs_bad === one.needs_bad
