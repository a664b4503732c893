import type { Pressed } from "../screen/pressed.ts"
import { movedIn, type Section, selectedOf } from "../screen/section.ts"
import { typedBy } from "../screen/typed.ts"
import { sectionsOf } from "./sections.ts"
import { type Look, sectionNames, type TopState } from "./state.ts"

/** What is to be done outside of the screen. */
type Deed = { readonly deed: "leave" } | { readonly deed: "open"; readonly run_id: string }

type Answered = { readonly look?: Partial<Look>; readonly deed?: Deed }

const max_filter = 100

/** What a key does, where one is. */
export const answerTo = (state: TopState, key: Pressed, now_ms: number): Answered => {
  if (state.is_typing) return typing(state, key)
  if (key === "q") return { deed: { deed: "leave" } }
  if (state.page !== "all") return closing(key)
  const sections = sectionsOf(state, now_ms)
  return moving(state, key, sections) ?? looking(state, key) ?? opening(state, key, sections) ?? {}
}

const typing = ({ filter }: TopState, key: Pressed): Answered => {
  const { text, end } = typedBy(filter, key, max_filter)
  return { look: { filter: text, is_typing: end === undefined } }
}

const closing = (key: Pressed): Answered =>
  ["escape", "close", "h", "?", "open"].includes(key) ? { look: { page: "all" } } : {}

const moving = (state: TopState, key: Pressed, sections: readonly Section[]): Answered | undefined => {
  const moved = movedIn(sections, selectedOf(sections, state.selected)?.key, key)
  return moved && { look: { selected: moved.name } }
}

const looking = (state: TopState, key: Pressed): Answered | undefined => {
  if (key === "?") return { look: { page: "keys" } }
  if (key === "/") return { look: { is_typing: true } }
  if (key === "escape") return { look: state.filter === "" ? { only: undefined } : { filter: "" } }
  const only = /^[1-5]$/.test(key) ? sectionNames[Number(key) - 1] : undefined
  return only && { look: { only: state.only === only ? undefined : only } }
}

const opening = (state: TopState, key: Pressed, sections: readonly Section[]): Answered | undefined => {
  const item = selectedOf(sections, state.selected)
  if (key !== "open" || !item) return undefined
  if (item.run_id !== undefined)
    return { look: { selected: item.key }, deed: { deed: "open", run_id: item.run_id } }
  return { look: { selected: item.key, page: "item" } }
}
