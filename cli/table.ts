import { clean } from "./clean.ts"
import { type Io, styled } from "./io.ts"

export type Column<Row> = {
  readonly title: string
  /** As a program reads it. */
  readonly full: (row: Row) => string
  /** As a person does; `full` when left out. */
  readonly short?: (row: Row) => string
  /** For a person on a line of its own below the row, and never cut: something to copy. */
  readonly is_below?: true
}

const onePiece = (text: string): string => clean(text).replaceAll(/[\t\n]/g, " ")

/** What is cut off is seen to be. */
const fitting = (columns: number, line: string): string =>
  line.length <= columns ? line : `${line.slice(0, columns - 1)}…`

/** A table for a person, tab-separated full values for a pipe. */
export const printTable = <Row>(io: Io, columns: readonly Column<Row>[], rows: readonly Row[]): void => {
  if (!io.out_is_tty) {
    for (const row of rows) io.out(columns.map((column) => onePiece(column.full(row))).join("\t"))
    return
  }
  const across = columns.filter(({ is_below }) => is_below !== true)
  const below = columns.filter(({ is_below }) => is_below === true)
  const cells = rows.map((row) => across.map((column) => onePiece((column.short ?? column.full)(row))))
  const widths = across.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((cell) => cell[index]?.length ?? 0)),
  )
  const line = (texts: readonly string[]) =>
    fitting(
      io.columns,
      texts
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
  io.out(styled(io, "dim", line(across.map(({ title }) => title.toUpperCase()))))
  for (const [index, row] of rows.entries()) {
    io.out(line(cells[index] ?? []))
    const texts = below.map((column) => onePiece(column.full(row)))
    for (const text of texts) if (text !== "") io.out(`  ${text}`)
  }
}

const units = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
] as const

const largest = (seconds: number): string => {
  for (const [size, unit] of units) {
    if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  }
  return `${seconds}s`
}

const secondsBetween = (from_ms: number, to_ms: number): number =>
  Math.max(0, Math.round((to_ms - from_ms) / 1000))

export const ago = (time: string | null, now: Date): string =>
  time === null ? "–" : `${largest(secondsBetween(Date.parse(time), now.getTime()))} ago`

/** How long there is left. */
export const ahead = (time: string | null, now: Date): string =>
  time === null ? "–" : `in ${largest(secondsBetween(now.getTime(), Date.parse(time)))}`

export const took = (from: string | null, to: string | null): string => {
  if (from === null || to === null) return "–"
  const tenths = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 100))
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`
  const seconds = Math.round(tenths / 10)
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`
}

export const size = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
