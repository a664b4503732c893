import { cleanLine } from "../clean.ts"
import { valueRows } from "../screen/item.ts"
import { troubleOf } from "../screen/known.ts"
import { blank, type Frame, filled, keyRows, type Row } from "../screen/row.ts"
import { sectionRows, selectedOf } from "../screen/section.ts"
import { typedRow } from "../screen/typed.ts"
import { activeRuns } from "./facts.ts"
import { sectionsOf } from "./sections.ts"
import type { TopState } from "./state.ts"
import { jobsThroughput, runsThroughput, type Throughput } from "./throughput.ts"

const small_rows = 12
const heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

/** All of the screen; never more lines than there are. */
export const screenOf = (state: TopState, frame: Frame): readonly Row[] => {
  const head = frame.rows < small_rows ? [titleOf(state, frame)] : headOf(state, frame)
  return filled({ head, foot: footOf(state, frame), body: (room) => bodyOf(state, frame, room) }, frame)
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
  const selected = selectedOf(sections, state.selected)
  if (state.page === "item") return selected ? valueRows(selected, frame) : [blank]
  return sectionRows(sections, selected?.key, { room, columns: frame.columns })
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
  if (state.is_typing) return typedRow("/", state.filter)
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
