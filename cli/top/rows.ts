import { cleanLine } from "../clean.ts"
import { lastedWhole } from "../screen/lasted.ts"
import { blank, type Frame, filled, hiddenWords, keyRows, type Row, type Segment } from "../screen/row.ts"
import { activeRuns } from "./facts.ts"
import type { Item } from "./items.ts"
import { roomsOf } from "./rooms.ts"
import { type Section, sectionsOf, selectedOf } from "./sections.ts"
import { sectionNames, type TopState } from "./state.ts"
import { jobsThroughput, runsThroughput, type Throughput } from "./throughput.ts"

const small_rows = 12
const max_cell = 32
const heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

/** All of the screen; never more lines than there are. */
export const screenOf = (state: TopState, frame: Frame): readonly Row[] => {
  const head = frame.rows < small_rows ? [titleOf(state, frame)] : headOf(state, frame)
  return filled({ head, foot: footOf(state, frame), body: (room) => bodyOf(state, frame, room) }, frame)
}

const troubleOf = ({ trouble }: TopState, { now_ms }: Frame): readonly Segment[] => {
  if (!trouble) return []
  const time = lastedWhole(trouble.since_ms, now_ms)
  const words =
    trouble.what === "slow"
      ? `slow to answer, waiting for ${time}`
      : `not answering for ${time}, trying again`
  return [{ text: `  ${words}`, style: "yellow" }]
}

const titleOf = (state: TopState, frame: Frame): Row => ({
  segments: [
    { text: "wf top", style: "bold" },
    ...troubleOf(state, frame),
    { text: `  ${cleanLine(state.url)}`, style: "dim" },
  ],
})

const headOf = (state: TopState, frame: Frame): readonly Row[] => {
  const { facts } = state
  return [
    titleOf(state, frame),
    throughputRow("runs", runWords(state), runsThroughput(facts, frame.now_ms)),
    throughputRow("jobs", "", jobsThroughput(facts, frame.now_ms)),
    workRow(state),
    blank,
  ]
}

const runWords = ({ facts }: TopState): string => {
  const counts = Map.groupBy(activeRuns(facts), ({ status }) => status)
  const isMore = typeof facts.running?.next_cursor === "string"
  const running = `${counts.get("running")?.length ?? 0}${isMore ? "+" : ""} running`
  const others = (["paused", "pending"] as const)
    .filter((status) => counts.has(status))
    .map((status) => `${counts.get(status)?.length} ${status}`)
  return [running, ...others].join(" · ")
}

/** What ended lately, as a number and as it went. */
const throughputRow = (name: string, words: string, { ended, failed, window_s, bars }: Throughput): Row => {
  const most = Math.max(...bars, 1)
  const drawn = bars.map((count) =>
    count === 0 ? " " : (heights[Math.ceil((count / most) * heights.length) - 1] ?? ""),
  )
  return {
    segments: [
      { text: `${name.padEnd(6)}${words === "" ? "" : `${words} · `}${ended} ended in ${window_s}s` },
      { text: failed > 0 ? `, ${failed} failed` : "", style: "red" },
      { text: `  ${drawn.join("").trimEnd()}`, style: "green" },
    ],
  }
}

const workRow = ({ facts }: TopState): Row => {
  const queues = facts.queues?.items ?? []
  const workers = (facts.workers?.items ?? []).filter(({ status }) => status !== "gone")
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
  const dead = sum(queues.map(({ dead_letters }) => dead_letters))
  return {
    segments: [
      { text: `work  ${sum(queues.map(({ queued }) => queued))} queued` },
      { text: ` · ${sum(queues.map(({ running }) => running))} running` },
      { text: ` · ${sum(queues.map(({ retrying }) => retrying))} to be retried` },
      { text: ` · ${counted(workers.length, "worker")}` },
      { text: dead > 0 ? ` · ${counted(dead, "dead letter")}` : "", style: "red" },
    ],
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

const bodyOf = (state: TopState, frame: Frame, room: number): readonly Row[] => {
  if (state.page === "keys") return keyRows(keys)
  const sections = sectionsOf(state, frame.now_ms)
  const selected = selectedOf(state, sections)
  if (state.page === "item") return selected ? valueRows(selected, frame) : [blank]
  return roomsOf(sections, selected?.key, room).flatMap(({ section, first, count, is_spaced }) => [
    headingOf(section, first, count),
    ...itemRows(section.items.slice(first, first + count), selected?.key),
    ...(is_spaced ? [blank] : []),
  ])
}

const headingOf = ({ name, title, items, count, note }: Section, first: number, shown: number): Row => {
  const more = hiddenWords(first, shown, items.length)
  return {
    segments: [
      { text: `${sectionNames.indexOf(name) + 1} `, style: "dim" },
      { text: title, style: "cyan" },
      { text: ` ${items.length > 0 ? count : ""}` },
      { text: `  ${note ?? more}`, style: "dim" },
    ],
  }
}

/** In columns as wide as those that are shown need. */
const itemRows = (items: readonly Item[], selected: string | undefined): readonly Row[] => {
  const widths = (items[0]?.cells ?? []).map((_, index) =>
    Math.min(max_cell, Math.max(0, ...items.map(({ cells }) => cells[index]?.text.length ?? 0))),
  )
  return items.map(({ key, cells }) => ({
    segments: cells.flatMap((cell, index) => fitted(cell, widths[index] ?? 0, index === cells.length - 1)),
    is_selected: key === selected,
  }))
}

const fitted = (cell: Segment, width: number, is_last: boolean): readonly Segment[] => {
  if (is_last) return [cell]
  if (width === 0) return []
  const text = cell.text.length > width ? `${cell.text.slice(0, width - 1)}…` : cell.text.padEnd(width)
  return [{ ...cell, text }, { text: width === 1 ? " " : "  " }]
}

/** Long values go on below. */
const valueRows = ({ values }: Item, { columns }: Frame): readonly Row[] => {
  const width = Math.max(0, ...values.map(([title]) => title.length))
  const room = Math.max(10, columns - width - 4)
  return values.flatMap(([title, value]) => {
    const characters = [...value]
    const lines = Math.max(1, Math.ceil(characters.length / room))
    return Array.from(
      { length: lines },
      (_, index): Row => ({
        segments: [
          { text: `  ${(index === 0 ? title : "").padEnd(width)}  `, style: "dim" },
          { text: characters.slice(index * room, (index + 1) * room).join("") },
        ],
      }),
    )
  })
}

const keys: readonly (readonly [key: string, what: string])[] = [
  ["↑ ↓ j k", "choose; page up, page down, g, G"],
  ["tab", "the next part; shift tab the one before"],
  ["1 … 5", "this part alone; again, or esc: all of them"],
  ["enter", "look into a run: its graph, its logs; approve, cancel, rerun there"],
  ["", "of anything else all its values"],
  ["/", "only what has these words; enter keeps them, esc drops them"],
  ["esc", "back"],
  ["q", "leave"],
]

const footOf = (state: TopState, { columns }: Frame): Row => {
  if (state.is_typing) return { segments: [{ text: `/${state.filter}` }, { text: "▏", style: "yellow" }] }
  if (state.said !== undefined) return { segments: [{ text: cleanLine(state.said), style: "yellow" }] }
  if (state.page !== "all") return { segments: [{ text: "esc back · q leave", style: "dim" }] }
  const filter = state.filter === "" ? "/ filter" : `/${state.filter} (esc: all)`
  const words = [
    filter,
    "enter open",
    ...(columns < 60 ? [] : ["tab next part", "1-5 one part"]),
    "q leave",
    "? keys",
  ]
  return { segments: [{ text: words.join(" · "), style: state.filter === "" ? "dim" : "yellow" }] }
}
