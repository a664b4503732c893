import type { Approval, Notification } from "#sdk/shapes.ts"
import type { Pressed } from "../screen/pressed.ts"
import { movedIn, type Section } from "../screen/section.ts"
import { typedBy } from "../screen/typed.ts"
import { type Chosen, chosenOf, sectionsOf } from "./sections.ts"
import { type Deciding, type InboxState, type Look, sectionNames, unreadOf } from "./state.ts"

/** What is to be done outside of the screen. */
export type Deed =
  | { readonly deed: "leave" }
  | { readonly deed: "open"; readonly run_id: string }
  | { readonly deed: "mark"; readonly notice: Notification; readonly as: "read" | "unread" }
  | { readonly deed: "read_all" }
  | ({ readonly deed: "decide" } & Deciding)

type Answered = { readonly look?: Partial<Look>; readonly deed?: Deed; readonly said?: string }

const max_filter = 100
/** As the platform takes it. */
const max_comment = 2_000
const scroll_rows = 10

/** What a key does, where one is. */
export const answerTo = (state: InboxState, key: Pressed, now_ms: number): Answered => {
  if (state.deciding) return deciding(state.deciding, key)
  if (state.asked === "read_all") {
    return { look: { asked: undefined }, ...(key === "y" && { deed: { deed: "read_all" } }) }
  }
  if (state.is_typing) return typing(state, key)
  if (key === "q") return { deed: { deed: "leave" } }
  if (state.page === "keys") return isBack(key) || key === "?" ? { look: { page: "all" } } : {}
  const sections = sectionsOf(state, now_ms)
  const chosen = chosenOf(state, sections)
  const acted = acting(state, key, { ...chosen, sections })
  if (acted) return acted
  if (state.page === "item") return reading(state, key, chosen)
  return moving(state, key, sections) ?? looking(state, key) ?? opening(key, sections, chosen)
}

const isBack = (key: Pressed): boolean => ["escape", "close", "h"].includes(key)

const deciding = (now: Deciding, key: Pressed): Answered => {
  const { text, end } = typedBy(now.comment, key, max_comment)
  if (end === undefined) return { look: { deciding: { ...now, comment: text } } }
  const look = { deciding: undefined }
  return end === "dropped" ? { look } : { look, deed: { deed: "decide", ...now } }
}

const typing = ({ filter }: InboxState, key: Pressed): Answered => {
  const { text, end } = typedBy(filter, key, max_filter)
  return { look: { filter: text, is_typing: end === undefined } }
}

type Acting = Chosen & { readonly sections: readonly Section[] }

const acting = (
  state: InboxState,
  key: Pressed,
  { notice, approval, item, sections }: Acting,
): Answered | undefined => {
  if (key === "a" || key === "x") return decidingAbout(key === "a" ? "approve" : "reject", approval)
  if (key === "R") {
    return unreadOf(state).length > 0 ? { look: { asked: "read_all" } } : { said: "All is read." }
  }
  if (key !== "r" || !notice) return undefined
  const as = notice.read_at === null ? "read" : "unread"
  // It goes to another part, and who goes through a list goes on with the next one.
  const next = state.page === "all" && item ? { selected: neighbourOf(sections, item.key) } : {}
  return { look: next, deed: { deed: "mark", notice, as } }
}

const decidingAbout = (verb: Deciding["verb"], approval: Approval | undefined): Answered =>
  approval
    ? { look: { deciding: { verb, approval, comment: "" } } }
    : { said: "This waits for nobody's approval, or not for yours." }

const reading = ({ scrolled }: InboxState, key: Pressed, { run_id }: Chosen): Answered => {
  if (key === "open") return run_id === undefined ? {} : { deed: { deed: "open", run_id } }
  if (isBack(key)) return { look: { page: "all", opened: undefined, scrolled: 0 } }
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, page_up: -scroll_rows, page_down: scroll_rows },
  }
  return { look: { scrolled: Math.max(0, scrolled + (steps[key] ?? 0)) } }
}

const moving = (state: InboxState, key: Pressed, sections: readonly Section[]): Answered | undefined => {
  const moved = movedIn(sections, chosenOf(state, sections).item?.key, key)
  return moved && { look: { selected: moved.name } }
}

const looking = (state: InboxState, key: Pressed): Answered | undefined => {
  if (key === "?") return { look: { page: "keys" } }
  if (key === "/") return { look: { is_typing: true } }
  if (key === "escape") return { look: state.filter === "" ? { only: undefined } : { filter: "" } }
  const only = /^[1-3]$/.test(key) ? sectionNames[Number(key) - 1] : undefined
  return only && { look: { only: state.only === only ? undefined : only } }
}

/** What is opened is read; who comes back finds the next one chosen. */
const opening = (key: Pressed, sections: readonly Section[], { item, notice }: Chosen): Answered => {
  if (key !== "open" || !item) return {}
  const isNew = notice?.read_at === null
  return {
    look: {
      ...{ page: "item", opened: item.key, scrolled: 0 },
      selected: isNew ? neighbourOf(sections, item.key) : item.key,
    },
    ...(isNew && { deed: { deed: "mark", notice, as: "read" } }),
  }
}

/** The one below within its section, else above. */
const neighbourOf = (sections: readonly Section[], key: string): string | undefined => {
  const items = sections.find((section) => section.items.some((item) => item.key === key))?.items ?? []
  const at = items.findIndex((item) => item.key === key)
  return (items[at + 1] ?? items[at - 1])?.key ?? key
}
