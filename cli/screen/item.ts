import { cleanLine } from "../clean.ts"
import type { Column } from "../table.ts"
import type { Frame, Row, Segment } from "./row.ts"

/** One line of a section. */
export type Item = {
  /** `section id` */
  readonly key: string
  /** The run that it is, or is about. */
  readonly run_id?: string
  readonly cells: readonly Segment[]
  /** All that is known of it, by title. */
  readonly values: readonly (readonly [title: string, value: string])[]
}

export const valuesOf = <Value>(columns: readonly Column<Value>[], value: Value): Item["values"] =>
  columns.map(({ title, full }) => [title, cleanLine(full(value))])

export const dim = (text: string): Segment => ({ text, style: "dim" })

/** Those that have each word of it in one of their values, whatever its case. */
export const passing = (items: readonly Item[], filter: string): readonly Item[] => {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return items
  return items.filter(({ values }) => {
    const text = values
      .map(([, value]) => value)
      .join("\n")
      .toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

const max_cell = 32

/** In columns as wide as those that are shown need, and none of them too wide for the rest. */
export const itemRows = (
  items: readonly Item[],
  selected: string | undefined,
  columns: number,
): readonly Row[] => {
  const most = Math.max(max_cell, Math.floor(columns / 3))
  const widths = (items[0]?.cells ?? []).map((_, index) =>
    Math.min(most, Math.max(0, ...items.map(({ cells }) => cells[index]?.text.length ?? 0))),
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

/** As many lines as a long text needs. */
export const wrapped = (text: string, room: number): readonly string[] => {
  const characters = [...text]
  const lines = Math.max(1, Math.ceil(characters.length / room))
  return Array.from({ length: lines }, (_, index) =>
    characters.slice(index * room, (index + 1) * room).join(""),
  )
}

/** Long values go on below. */
export const valueRows = ({ values }: Item, { columns }: Frame): readonly Row[] => {
  const width = Math.max(0, ...values.map(([title]) => title.length))
  const room = Math.max(10, columns - width - 4)
  return values.flatMap(([title, value]) =>
    wrapped(value, room).map(
      (text, index): Row => ({
        segments: [{ text: `  ${(index === 0 ? title : "").padEnd(width)}  `, style: "dim" }, { text }],
      }),
    ),
  )
}
