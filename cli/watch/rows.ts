import { cleanLine } from "../clean.ts"
import type { Style } from "../io.ts"
import { lasted } from "../screen/lasted.ts"
import { markOf } from "../screen/mark.ts"
import {
  blank,
  type Frame,
  filled,
  hiddenWords,
  keyRows,
  plain,
  type Row,
  type Segment,
} from "../screen/row.ts"
import { waitWords } from "../wait-words.ts"
import { shownNames } from "./keys.ts"
import { countsOf, isOver, itemsOf, ownTasks, type TaskState, type WatchState } from "./state.ts"

const shown_lines = 6
const bar_width = 28

export const screenOf = (state: WatchState, frame: Frame): readonly Row[] => {
  const head = [headOf(state, frame), progressOf(state, frame), blank]
  return filled({ head, foot: footOf(state), body: (room) => bodyOf(state, frame, room) }, frame)
}

const bodyOf = (state: WatchState, frame: Frame, room: number): readonly Row[] => {
  if (state.page === "keys") return keyRows(keys)
  if (state.page === "log") return logOf(state, room)
  return aroundSelected(state, listOf(state, frame, shownNames(state)), room)
}

const colors: Readonly<Record<string, Style>> = {
  completed: "green",
  failed: "red",
  cancelled: "yellow",
  paused: "yellow",
}

const headOf = ({ run, started_ms, ended_ms }: WatchState, { now_ms }: Frame): Row => {
  const time = started_ms === undefined ? "" : ` ${lasted(started_ms, ended_ms ?? now_ms)}`
  const version = run.version > 0 ? ` v${run.version}` : ""
  return {
    segments: [
      { text: cleanLine(run.workflow), style: "bold" },
      { text: `${version}  ` },
      { text: cleanLine(run.status), style: colors[run.status] ?? "blue" },
      { text: `${time}  ` },
      { text: cleanLine(run.id), style: "dim" },
    ],
  }
}

const progressOf = (state: WatchState, { columns }: Frame): Row => {
  const counts = countsOf(ownTasks(state))
  const width = Math.max(4, Math.min(bar_width, columns - 44))
  const full = counts.all === 0 ? 0 : Math.floor((width * counts.over) / counts.all)
  const others = (["running", "waiting", "failed"] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => ` · ${counts[name]} ${name}`)
  return {
    segments: [
      { text: "█".repeat(full), style: counts.failed > 0 ? "red" : "green" },
      { text: "░".repeat(width - full), style: "dim" },
      { text: ` ${counts.over}/${counts.all}${others.join("")}` },
    ],
  }
}

/** The tasks of these names, with what is open below them. */
export const rowsOf = (state: WatchState, frame: Frame, names: readonly string[]): readonly Row[] =>
  listOf(state, frame, names).map(({ row }) => row)

/** Every line of the list, of which a window is shown. */
type Line = { readonly name: string; readonly row: Row }

const listOf = (state: WatchState, frame: Frame, names: readonly string[]): readonly Line[] => {
  const depths = new Map(state.places.map(({ name, depth }) => [name, depth]))
  const width = Math.min(
    40,
    Math.max(0, ...names.map((name) => name.length + 2 * depthOf(depths, state, name))),
  )
  return names.flatMap((name) => {
    const task = state.tasks.get(name)
    if (!task) return []
    const indent = "  ".repeat(depthOf(depths, state, name))
    const is_selected = name === state.selected
    const row = { segments: taskSegments(state, task, { frame, indent, width }), is_selected }
    return [{ name, row }, ...linesUnder(state, task, indent).map((line) => ({ name, row: line }))]
  })
}

const depthOf = (depths: ReadonlyMap<string, number>, { tasks }: WatchState, name: string): number => {
  const of = tasks.get(name)?.of
  return of === undefined ? (depths.get(name) ?? 0) : (depths.get(of) ?? 0) + 1
}

type Drawing = { readonly frame: Frame; readonly indent: string; readonly width: number }

const taskSegments = (
  state: WatchState,
  task: TaskState,
  { frame, indent, width }: Drawing,
): readonly Segment[] => {
  const { attempt } = task
  const items = itemsOf(state, task.name)
  const { started_ms, ended_ms, status } = withItems(task, items)
  const isTimed = started_ms !== undefined && status !== "pending"
  const time = isTimed ? lasted(started_ms, isOver(status) ? (ended_ms ?? frame.now_ms) : frame.now_ms) : ""
  const name = `${indent}${cleanLine(task.name)}`
  return [
    { text: indent },
    markOf(status, frame),
    { text: ` ${name.slice(indent.length).padEnd(Math.max(0, width - indent.length))} ` },
    { text: time.padStart(7), style: "dim" },
    ...(attempt > 1 ? [{ text: `  attempt ${attempt}`, style: "yellow" as const }] : []),
    ...itemSegments(items),
    ...noteOf(task),
  ]
}

/** What has items does nothing itself. */
const withItems = (task: TaskState, items: readonly TaskState[]): TaskState => {
  if (items.length === 0) return task
  const begun = items.flatMap(({ started_ms }) => started_ms ?? [])
  const started_ms = task.started_ms ?? (begun.length > 0 ? Math.min(...begun) : undefined)
  const isGoingOn = !isOver(task.status) && begun.length > 0
  return { ...task, started_ms, status: isGoingOn ? "running" : task.status }
}

const itemSegments = (items: readonly TaskState[]): readonly Segment[] => {
  if (items.length === 0) return []
  const { all, over, failed, running } = countsOf(items)
  const more = `${running > 0 ? `, ${running} running` : ""}${failed > 0 ? `, ${failed} failed` : ""}`
  return [{ text: `  ${over}/${all} items${more}`, style: failed > 0 ? "red" : "dim" }]
}

const noteOf = ({ status, error, wait }: TaskState): readonly Segment[] => {
  if (status === "waiting" && wait) return [{ text: `  ${waitWords(wait)}`, style: "yellow" }]
  const isTold = error !== undefined && (status === "failed" || status === "retrying")
  return isTold ? [{ text: `  ${cleanLine(error)}`, style: status === "failed" ? "red" : "yellow" }] : []
}

const linesUnder = (
  { opened, lines, items }: WatchState,
  { name }: TaskState,
  indent: string,
): readonly Row[] => {
  if (!opened.has(name) || items.has(name)) return []
  return (lines.get(name) ?? []).slice(-shown_lines).map((text) => ({
    segments: [{ text: `${indent}  │ `, style: "dim" }, { text: cleanLine(text) }],
  }))
}

/** So much of the list that what is chosen is in it, with what follows it. */
const aroundSelected = ({ selected }: WatchState, list: readonly Line[], room: number): readonly Row[] => {
  if (list.length <= room) return list.map(({ row }) => row)
  const at = Math.max(
    0,
    list.findIndex(({ name }) => name === selected),
  )
  const window = room - 1
  const first = Math.min(Math.max(0, at - Math.floor(window / 3)), list.length - window)
  const more = hiddenWords(first, window, list.length)
  const tail: Row = { segments: [{ text: `  … ${more}`, style: "dim" }] }
  return [...list.slice(first, first + window).map(({ row }) => row), tail]
}

const logOf = ({ selected = "", lines }: WatchState, room: number): readonly Row[] => {
  const title: Row = { segments: [{ text: `log of ${cleanLine(selected)}`, style: "bold" }] }
  const last = (lines.get(selected) ?? []).slice(-(room - 1))
  if (last.length === 0) return [title, { segments: [{ text: "  nothing printed yet", style: "dim" }] }]
  return [title, ...last.map((text) => plain(cleanLine(text)))]
}

const keys: readonly (readonly [key: string, what: string])[] = [
  ["↑ ↓ j k", "choose a task; page up, page down, g, G"],
  ["enter", "open a task: its items, or its last lines"],
  ["← h", "close it"],
  ["l", "read its log as it comes"],
  ["a, x", "approve, or reject, what waits for an approval"],
  ["c", "cancel the run"],
  ["p", "pause it, or let it go on"],
  ["r", "when it has ended: run it again, or what has failed of it"],
  ["esc", "follow what is going on; back"],
  ["q", "leave; the run goes on"],
]

const footOf = ({ page, asked, said, run, tasks, is_inner }: WatchState): Row => {
  if (asked === "cancel") return { segments: [{ text: "Cancel this run? y or n", style: "yellow" }] }
  if (said !== undefined) return { segments: [{ text: cleanLine(said), style: "yellow" }] }
  const leave = is_inner ? "q back" : "q leave"
  if (page !== "tasks") return { segments: [{ text: `esc back · ${leave}`, style: "dim" }] }
  const isAsked = [...tasks.values()].some(
    ({ status, wait }) => status === "waiting" && wait?.for === "approval",
  )
  const words = isOver(run.status)
    ? ["r run again", "l log", is_inner ? leave : "q done"]
    : [
        ...(isAsked ? ["a approve", "x reject"] : []),
        "enter open",
        "l log",
        "c cancel",
        "p pause",
        leave,
        "? keys",
      ]
  return { segments: [{ text: words.join(" · "), style: "dim" }] }
}
