import { cleanLine } from "../clean.ts"
import { troubleOf } from "../screen/known.ts"
import { type Frame, filled, keyRows, type Row } from "../screen/row.ts"
import { sectionRows } from "../screen/section.ts"
import { typedRow } from "../screen/typed.ts"
import { pageRows } from "./page.ts"
import { type Chosen, chosenOf, sectionsOf } from "./sections.ts"
import { type InboxState, unreadOf } from "./state.ts"

/** All of the screen; never more lines than there are. */
export const screenOf = (state: InboxState, frame: Frame): readonly Row[] => {
  const sections = sectionsOf(state, frame.now_ms)
  const chosen = chosenOf(state, sections)
  const body = (room: number): readonly Row[] => {
    if (state.page === "keys") return keyRows(keys)
    if (state.page === "item") return scrolled(pageRows(chosen, frame), state.scrolled, room)
    return sectionRows(sections, chosen.item?.key, { room, columns: frame.columns })
  }
  return filled({ head: [titleOf(state, frame)], foot: footOf(state, chosen, frame), body }, frame)
}

const scrolled = (rows: readonly Row[], by: number, room: number): readonly Row[] => {
  const first = Math.min(by, Math.max(0, rows.length - room))
  return rows.slice(first, first + room)
}

const titleOf = (state: InboxState, frame: Frame): Row => {
  const { facts, url } = state
  const waiting = facts.approvals?.items.length ?? 0
  const more = typeof facts.approvals?.next_cursor === "string" ? "+" : ""
  return {
    segments: [
      { text: "wf inbox", style: "bold" },
      ...troubleOf(state, frame),
      { text: `  ${unreadOf(state).length} unread` },
      { text: waiting > 0 ? ` · ${waiting}${more} for you to decide` : "", style: "yellow" },
      { text: `  ${cleanLine(url)}`, style: "dim" },
    ],
  }
}

const keys: readonly (readonly [key: string, what: string])[] = [
  ["↑ ↓ j k", "choose; page up, page down, g, G"],
  ["tab", "the next part; shift tab the one before"],
  ["1 … 3", "this part alone; again, or esc: all of them"],
  ["enter", "open it, which marks it as read; again: look into its run"],
  ["a, x", "approve, or reject; you are asked for a comment first"],
  ["r", "mark as read, or as not read"],
  ["R", "mark all as read"],
  ["/", "only what has these words; enter keeps them, esc drops them"],
  ["esc", "back"],
  ["q", "leave"],
]

const yellow = (text: string): Row => ({ segments: [{ text: cleanLine(text), style: "yellow" }] })

const footOf = (state: InboxState, chosen: Chosen, { columns }: Frame): Row => {
  const { deciding, asked, said, filter } = state
  if (deciding) {
    const { approval, verb, comment } = deciding
    const what = `${verb === "approve" ? "Approve" : "Reject"} ${approval.task} of ${approval.workflow}`
    return typedRow(`${cleanLine(what)}? enter: yes · esc: no · comment: `, shownEnd(comment, columns))
  }
  if (asked === "read_all") return yellow(`Mark all ${unreadOf(state).length} as read? y or n`)
  if (state.is_typing) return typedRow("/", filter)
  if (said !== undefined) return yellow(said)
  if (state.page === "keys") return { segments: [{ text: "esc back · q leave", style: "dim" }] }
  const words = state.page === "item" ? pageWords(chosen) : listWords(filter, chosen, columns)
  return { segments: [{ text: words.join(" · "), style: filter === "" ? "dim" : "yellow" }] }
}

/** Of a long comment one sees what is being typed. */
const shownEnd = (comment: string, columns: number): string => {
  const room = Math.max(10, Math.floor(columns / 3))
  const characters = [...comment]
  return characters.length <= room ? comment : `…${characters.slice(1 - room).join("")}`
}

const decideWords = ({ approval }: Chosen): readonly string[] => (approval ? ["a approve", "x reject"] : [])

const markWords = ({ notice }: Chosen): readonly string[] => {
  if (!notice) return []
  return [notice.read_at === null ? "r read" : "r unread"]
}

const pageWords = (chosen: Chosen): readonly string[] => [
  ...(chosen.run_id === undefined ? [] : ["enter run"]),
  ...decideWords(chosen),
  ...markWords(chosen),
  "esc back",
  "q leave",
]

const listWords = (filter: string, chosen: Chosen, columns: number): readonly string[] => [
  filter === "" ? "/ filter" : `/${filter} (esc: all)`,
  "enter open",
  ...decideWords(chosen),
  ...markWords(chosen),
  ...(columns < 60 ? [] : ["R read all"]),
  "q leave",
  "? keys",
]
