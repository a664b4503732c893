import type { Run, RunEvent } from "#sdk/index.ts"
import { type Place, type Planned, placesOf } from "./graph.ts"

export type TaskState = {
  readonly name: string
  /** Of an item the task that it is one of. */
  readonly of: string | undefined
  readonly status: string
  readonly attempt: number
  readonly started_ms: number | undefined
  readonly ended_ms: number | undefined
  readonly error: string | undefined
  /** What it waits for. */
  readonly wait: Readonly<Record<string, unknown>> | undefined
}

export type Page = "tasks" | "log" | "keys"

/** What is known of the run, and what is looked at. Changed by `reduce` alone. */
export type WatchState = {
  readonly run: Pick<Run, "id" | "workflow" | "version" | "status" | "reason">
  readonly started_ms: number | undefined
  readonly ended_ms: number | undefined
  readonly places: readonly Place[]
  readonly tasks: ReadonlyMap<string, TaskState>
  /** Names of the items of each task that has some. */
  readonly items: ReadonlyMap<string, readonly string[]>
  readonly page: Page
  readonly selected: string | undefined
  /** Until somebody chooses, what is going on is chosen. */
  readonly is_chosen: boolean
  readonly opened: ReadonlySet<string>
  /** The last lines of tasks that are open, or of the one whose log is read. */
  readonly lines: ReadonlyMap<string, readonly string[]>
  readonly asked: "cancel" | undefined
  /** Come to from another screen, to which one goes back. */
  readonly is_inner: boolean
  readonly said: string | undefined
}

export type Change =
  | { readonly kind: "events"; readonly events: readonly RunEvent[] }
  | { readonly kind: "lines"; readonly task: string; readonly lines: readonly string[] }
  | { readonly kind: "said"; readonly text: string | undefined }
  | { readonly kind: "look"; readonly look: Partial<Look> }

export type Look = Pick<WatchState, "page" | "selected" | "is_chosen" | "opened" | "asked" | "said">

const max_lines = 2_000
const ends: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "skipped"])

export const isOver = (status: string): boolean => ends.has(status)

/** How it is before anything has happened; the tasks as the workflow has them, or as the run lists them. */
export const firstState = (run: Run, planned: readonly Planned[], is_inner: boolean): WatchState => {
  const known = planned.length > 0 ? planned : namesOf(run).map((name) => ({ name, needs: [] }))
  return {
    run,
    started_ms: undefined,
    ended_ms: undefined,
    places: placesOf(known),
    tasks: new Map(known.map(({ name }) => [name, newTask(name, undefined)])),
    items: new Map(),
    page: "tasks",
    selected: undefined,
    is_chosen: false,
    opened: new Set(),
    lines: new Map(),
    asked: undefined,
    is_inner,
    said: undefined,
  }
}

const namesOf = ({ tasks = [] }: Run): readonly string[] =>
  tasks.filter(({ item }) => item === null).map(({ task }) => task)

const newTask = (name: string, of: string | undefined): TaskState => ({
  ...{ name, of, status: "pending", attempt: 0 },
  ...{ started_ms: undefined, ended_ms: undefined, error: undefined, wait: undefined },
})

export const reduce = (state: WatchState, change: Change): WatchState => {
  if (change.kind === "look") return { ...state, ...change.look }
  if (change.kind === "said") return { ...state, said: change.text }
  if (change.kind === "events") return withEvents(state, change.events)
  const earlier = state.lines.get(change.task) ?? []
  const lines = [...earlier, ...change.lines].slice(-max_lines)
  return { ...state, lines: new Map(state.lines).set(change.task, lines) }
}

/** Copied once for many events: a run may have told tens of thousands before it is looked at. */
const withEvents = (state: WatchState, events: readonly RunEvent[]): WatchState => {
  const tasks = new Map(state.tasks)
  const new_items: [of: string, name: string][] = []
  const new_places: Place[] = []
  const failed: string[] = []
  let { selected } = state
  for (const event of events) {
    const name = event.task
    if (name === null) continue
    const known = tasks.get(name)
    const of = known ? known.of : ownerOf(tasks, name)
    if (!known && of !== undefined) new_items.push([of, name])
    if (!known && of === undefined) new_places.push({ name, depth: 0 })
    const task = afterEvent(known ?? newTask(name, of), event)
    tasks.set(name, task)
    if (task.status === "failed") failed.push(name)
    if (!state.is_chosen && (task.status === "running" || task.status === "failed")) selected = of ?? name
  }
  const changed = events.filter(({ task }) => task === null).reduce(afterRunEvent, state)
  return {
    ...changed,
    ...{ tasks, selected },
    places: new_places.length === 0 ? state.places : [...state.places, ...new_places],
    items: new_items.length === 0 ? state.items : withItems(state.items, new_items),
    opened: failed.length === 0 ? state.opened : new Set([...state.opened, ...failed]),
  }
}

const afterRunEvent = (state: WatchState, event: RunEvent): WatchState => {
  const at_ms = Date.parse(event.at)
  const reason = typeof event.data.reason === "string" ? event.data.reason : state.run.reason
  const run = { ...state.run, status: (event.status ?? state.run.status) as Run["status"], reason }
  if (event.type === "workflow.started") return { ...state, run, started_ms: at_ms }
  if (event.type === "workflow.completed") return { ...state, run, ended_ms: at_ms, asked: undefined }
  return { ...state, run }
}

const withItems = (
  items: WatchState["items"],
  added: readonly (readonly [of: string, name: string])[],
): WatchState["items"] => {
  const all = new Map(items)
  for (const [of, some] of Map.groupBy(added, ([owner]) => owner)) {
    all.set(of, [...(items.get(of) ?? []), ...some.map(([, name]) => name)])
  }
  return all
}

/** `shard[3]` is an item of `shard`. */
const ownerOf = (tasks: WatchState["tasks"], name: string): string | undefined => {
  const owner = /^(.+)\[\d+\]$/.exec(name)?.[1]
  return owner !== undefined && tasks.has(owner) ? owner : undefined
}

const afterEvent = (before: TaskState, { type, status, at, data }: RunEvent): TaskState => {
  const at_ms = Date.parse(at)
  const task = { ...before, status: status ?? before.status }
  if (type === "task.started") {
    return { ...task, started_ms: at_ms, attempt: Number(data.attempt ?? 1), error: undefined }
  }
  if (type === "task.waiting" || type === "task.reminded") {
    return { ...task, started_ms: before.started_ms ?? at_ms, wait: data }
  }
  const error = (data.error as { message?: string } | undefined)?.message
  const ended = isOver(task.status) ? { ended_ms: at_ms, wait: undefined } : {}
  return { ...task, ...ended, ...(error !== undefined && { error }) }
}

export type Counts = Readonly<Record<"all" | "over" | "running" | "failed" | "waiting", number>>

/** Of tasks, each with its items as one; or of the items of one. */
export const countsOf = (tasks: Iterable<TaskState>): Counts => {
  const counts = { all: 0, over: 0, running: 0, failed: 0, waiting: 0 }
  for (const { status } of tasks) {
    counts.all += 1
    if (isOver(status)) counts.over += 1
    if (status === "running") counts.running += 1
    if (status === "failed") counts.failed += 1
    if (status === "waiting") counts.waiting += 1
  }
  return counts
}

export const ownTasks = ({ places, tasks }: WatchState): readonly TaskState[] =>
  places.flatMap(({ name }) => tasks.get(name) ?? [])

export const itemsOf = ({ items, tasks }: WatchState, name: string): readonly TaskState[] =>
  (items.get(name) ?? []).flatMap((item) => tasks.get(item) ?? [])
