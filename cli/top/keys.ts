import { movedTo, type Pressed } from "../screen/pressed.ts"
import { keysOf, type Section, sectionsOf, selectedOf } from "./sections.ts"
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
  if (key === "open") return { look: { is_typing: false } }
  if (key === "escape") return { look: { is_typing: false, filter: "" } }
  if (key === "erase") return { look: { filter: [...filter].slice(0, -1).join("") } }
  const isText = [...key].length === 1 && !/\p{C}/u.test(key) && filter.length < max_filter
  return isText ? { look: { filter: filter + key } } : {}
}

const closing = (key: Pressed): Answered =>
  ["escape", "close", "h", "?", "open"].includes(key) ? { look: { page: "all" } } : {}

const moving = (state: TopState, key: Pressed, sections: readonly Section[]): Answered | undefined => {
  const selected = selectedOf(state, sections)?.key
  const moved = movedTo(keysOf(sections), selected, key)
  if (moved) return { look: { selected: moved.name } }
  if (key !== "next" && key !== "previous") return undefined
  const filled = sections.filter(({ items }) => items.length > 0)
  const at = filled.findIndex(({ items }) => items.some((item) => item.key === selected))
  const there = filled.at((at + (key === "next" ? 1 : -1)) % Math.max(filled.length, 1))
  return { look: { selected: there?.items[0]?.key } }
}

const looking = (state: TopState, key: Pressed): Answered | undefined => {
  if (key === "?") return { look: { page: "keys" } }
  if (key === "/") return { look: { is_typing: true } }
  if (key === "escape") return { look: state.filter === "" ? { only: undefined } : { filter: "" } }
  const only = /^[1-5]$/.test(key) ? sectionNames[Number(key) - 1] : undefined
  return only && { look: { only: state.only === only ? undefined : only } }
}

const opening = (state: TopState, key: Pressed, sections: readonly Section[]): Answered | undefined => {
  const item = selectedOf(state, sections)
  if (key !== "open" || !item) return undefined
  if (item.run_id !== undefined)
    return { look: { selected: item.key }, deed: { deed: "open", run_id: item.run_id } }
  return { look: { selected: item.key, page: "item" } }
}
