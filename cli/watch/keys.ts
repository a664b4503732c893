import { movedTo, type Pressed } from "../screen/pressed.ts"
import { isOver, itemsOf, type Look, type TaskState, type WatchState } from "./state.ts"

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
  ["escape", "close", "h", "l", "?", "open"].includes(key) ? { look: { page: "tasks" } } : {}

const moving = (state: WatchState, key: Pressed): Answered | undefined => {
  const moved = movedTo(shownNames(state), state.selected, key)
  return moved && { look: { selected: moved.name, is_chosen: true } }
}

const opening = (state: WatchState, key: Pressed): Answered | undefined => {
  const { selected, opened } = state
  if (key === "?") return { look: { page: "keys" } }
  if (key === "escape" && state.is_inner && !state.is_chosen) return { deed: { deed: "leave" } }
  if (key === "escape") return { look: { is_chosen: false, said: undefined } }
  if (selected === undefined) return undefined
  if (key === "l") return { look: { page: "log", is_chosen: true } }
  if (key === "open" && !opened.has(selected)) {
    return { look: { opened: new Set([...opened, selected]), is_chosen: true } }
  }
  if (key !== "open" && key !== "close" && key !== "h") return undefined
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
