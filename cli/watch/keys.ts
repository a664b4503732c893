import { isOver, itemsOf, type Look, type TaskState, type WatchState } from "./state.ts"

/** A key, by what it says. */
export type Pressed =
  | "up"
  | "down"
  | "page_up"
  | "page_down"
  | "first"
  | "last"
  | "open"
  | "close"
  | "escape"
  | (string & {})

/** What is to be done outside of the screen. */
export type Deed =
  | { readonly deed: "leave" }
  | { readonly deed: "cancel" }
  | { readonly deed: "pause" }
  | { readonly deed: "resume" }
  | { readonly deed: "rerun" }
  | { readonly deed: "rerun_failed" }
  | { readonly deed: "approve"; readonly task: string }
  | { readonly deed: "reject"; readonly task: string }

export type Answered = { readonly look?: Partial<Look>; readonly deed?: Deed }

const page_rows = 10

/** Names in the order in which they are shown. */
export const shownNames = (state: WatchState): readonly string[] =>
  state.places.flatMap(({ name }) => [
    name,
    ...(state.opened.has(name) ? itemsOf(state, name).map((item) => item.name) : []),
  ])

/** What a key does, where one is. */
export const answerTo = (state: WatchState, key: Pressed): Answered => {
  if (state.asked === "cancel") {
    if (key !== "y") return { look: { asked: undefined } }
    // Who has it end waits for no more than its end.
    return { look: { asked: undefined, is_chosen: false }, deed: { deed: "cancel" } }
  }
  if (key === "q") return { deed: { deed: "leave" } }
  if (state.page !== "tasks") return closing(key)
  return moving(state, key) ?? opening(state, key) ?? doing(state, key) ?? {}
}

const closing = (key: Pressed): Answered =>
  ["escape", "close", "l", "?", "open"].includes(key) ? { look: { page: "tasks" } } : {}

const steps: Readonly<Record<string, number>> = {
  ...{ up: -1, k: -1, down: 1, j: 1, page_up: -page_rows, page_down: page_rows },
  ...{ first: Number.NEGATIVE_INFINITY, g: Number.NEGATIVE_INFINITY },
  ...{ last: Number.POSITIVE_INFINITY, G: Number.POSITIVE_INFINITY },
}

const moving = (state: WatchState, key: Pressed): Answered | undefined => {
  const step = steps[key]
  if (step === undefined) return undefined
  const names = shownNames(state)
  const at = Math.max(0, names.indexOf(state.selected ?? ""))
  const selected = names[Math.min(Math.max(at + step, 0), names.length - 1)]
  return { look: { selected, is_chosen: true } }
}

const opening = (state: WatchState, key: Pressed): Answered | undefined => {
  const { selected, opened } = state
  if (key === "?") return { look: { page: "keys" } }
  if (key === "escape") return { look: { is_chosen: false, said: undefined } }
  if (selected === undefined) return undefined
  if (key === "l") return { look: { page: "log", is_chosen: true } }
  if (key === "open" && !opened.has(selected)) {
    return { look: { opened: new Set([...opened, selected]), is_chosen: true } }
  }
  if (key !== "open" && key !== "close") return undefined
  const of = state.tasks.get(selected)?.of
  const closed = opened.has(selected) || of === undefined ? selected : of
  const rest = [...opened].filter((name) => name !== closed)
  return { look: { opened: new Set(rest), selected: closed, is_chosen: true } }
}

const doing = (state: WatchState, key: Pressed): Answered | undefined => {
  const { status } = state.run
  const isEnded = isOver(status)
  if (isEnded && key === "r") return { deed: { deed: status === "completed" ? "rerun" : "rerun_failed" } }
  if (isEnded) return undefined
  if (key === "c") return { look: { asked: "cancel" } }
  if (key === "p") return { deed: { deed: status === "paused" ? "resume" : "pause" } }
  if (key !== "a" && key !== "x") return undefined
  const task = awaited(state)
  if (!task) return { look: { said: "Nothing waits for an approval." } }
  return { deed: { deed: key === "a" ? "approve" : "reject", task: task.name } }
}

/** The approval that is meant: the one that is chosen, or the only one. */
const awaited = ({ tasks, selected }: WatchState): TaskState | undefined => {
  const waiting = [...tasks.values()].filter(
    ({ status, wait }) => status === "waiting" && wait?.for === "approval",
  )
  return waiting.find(({ name }) => name === selected) ?? (waiting.length === 1 ? waiting[0] : undefined)
}
