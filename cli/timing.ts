import type { TaskRun } from "#sdk/shapes.ts"

export type Timed = {
  readonly task: string
  readonly status: string
  /** From when what it needs had ended, or the run began, until it was queued; with what it waited for between attempts. */
  readonly waited_ms: number
  readonly queued_ms: number
  readonly took_ms: number
  readonly finished_at: string
}

type Ended = TaskRun & { readonly finished_at: string }

/** Names of the tasks that each task needs; undefined where the definition isn't known. */
export type Needs = ReadonlyMap<string, readonly string[]> | undefined

type Facts = { readonly began_at: string; readonly tasks: readonly TaskRun[]; readonly needs: Needs }

const hasEnded = (task: TaskRun): task is Ended => task.finished_at !== null

const ofItem = ({ task, item }: TaskRun): string =>
  typeof item === "number" ? task.slice(0, -`[${item}]`.length) : task

const later = (one: Ended | undefined, other: Ended): Ended =>
  one && one.finished_at >= other.finished_at ? one : other

/** By task what of it ended last, and which of its items did; and all in the order in which they ended. */
type Ends = {
  readonly of: ReadonlyMap<string, Ended>
  readonly of_items: ReadonlyMap<string, Ended>
  readonly in_order: readonly Ended[]
}

const endsOf = (tasks: readonly TaskRun[]): Ends => {
  const ended = tasks.filter(hasEnded).filter(({ status }) => status !== "skipped")
  const [of, of_items] = [new Map<string, Ended>(), new Map<string, Ended>()]
  for (const task of ended) {
    const name = ofItem(task)
    of.set(name, later(of.get(name), task))
    if (typeof task.item === "number") of_items.set(name, later(of_items.get(name), task))
  }
  const in_order = ended.toSorted((a, b) => (a.finished_at < b.finished_at ? -1 : 1))
  return { of, of_items, in_order }
}

/** The last that had ended by then, of another task; not looked for among more than a few. */
const lastBy = (in_order: readonly Ended[], at: string, name: string): Ended | undefined => {
  let [low, high] = [0, in_order.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((in_order[middle]?.finished_at ?? "") <= at) low = middle + 1
    else high = middle
  }
  return in_order.slice(Math.max(0, low - max_looked_at), low).findLast((task) => ofItem(task) !== name)
}

const max_looked_at = 1_000

/** What a task was let go by: of what it needs what ended last; where that isn't known, what had ended last by then. */
const before = (task: Ended, { of, of_items, in_order }: Ends, needs: Needs): Ended | undefined => {
  const name = ofItem(task)
  // A task with items ends as its items have; an item begins as its task does.
  const item = of_items.get(name)
  if (typeof task.item !== "number" && item) return item
  if (needs === undefined)
    return lastBy(in_order, task.queued_at ?? task.started_at ?? task.finished_at, name)
  return (needs.get(name) ?? [])
    .flatMap((need) => of.get(need) ?? [])
    .reduce<Ended | undefined>((last, one) => later(last, one), undefined)
}

const between = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from))

const timed = (task: Ended, free_at: string): Timed => {
  const started_at = task.started_at ?? task.finished_at
  const queued_at = task.queued_at ?? started_at
  return {
    ...{ task: task.task, status: task.status, finished_at: task.finished_at },
    waited_ms: between(free_at, queued_at),
    queued_ms: between(queued_at, started_at),
    took_ms: between(started_at, task.finished_at),
  }
}

/** The tasks that a run was waiting for, each for the one before it, the first first. */
export const criticalPath = ({ began_at, tasks, needs }: Facts): readonly Timed[] => {
  const ends = endsOf(tasks)
  const path: Timed[] = []
  const seen = new Set<Ended>()
  let task = ends.in_order.at(-1)
  while (task && !seen.has(task)) {
    seen.add(task)
    const earlier = before(task, ends, needs)
    // What only put its items together took no time of its own.
    const is_whole =
      earlier !== undefined && typeof earlier.item === "number" && ofItem(earlier) === task.task
    if (!is_whole) path.push(timed(task, earlier?.finished_at ?? began_at))
    task = earlier
  }
  return path.toReversed()
}

/** Every task that ran, in the order in which they ended. */
export const allTimed = ({ began_at, tasks, needs }: Facts): readonly Timed[] => {
  const ends = endsOf(tasks)
  return ends.in_order.map((task) => timed(task, before(task, ends, needs)?.finished_at ?? began_at))
}
