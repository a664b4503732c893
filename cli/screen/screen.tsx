import { Box, type Key, Text, useInput, useWindowSize } from "ink"
import { memo, type ReactNode, useEffect, useState, useSyncExternalStore } from "react"
import type { Style } from "../io.ts"
import type { Pressed } from "./pressed.ts"
import type { Frame, Row, Segment } from "./row.ts"

/** What a screen shows, and to whom it tells the keys. */
export type Shown = {
  subscribe(listener: () => void): () => void
  rows(frame: Frame): readonly Row[]
  press(key: Pressed): void
  /** How often time alone changes it; undefined while it doesn't. */
  tickMs(): number | undefined
}

type Showing = {
  readonly subscribe: (listener: () => void) => () => void
  readonly shown: () => Shown
  readonly now: () => Date
  readonly color: boolean
}

const props: Readonly<Record<Style, object>> = {
  bold: { bold: true },
  dim: { dimColor: true },
  ...{ red: { color: "red" }, green: { color: "green" }, yellow: { color: "yellow" } },
  ...{ blue: { color: "blue" }, magenta: { color: "magenta" }, cyan: { color: "cyan" } },
  ...{ bright_green: { color: "greenBright" }, bright_yellow: { color: "yellowBright" } },
  ...{ bright_blue: { color: "blueBright" }, bright_magenta: { color: "magentaBright" } },
  bright_cyan: { color: "cyanBright" },
}

const typed: Readonly<Record<string, Pressed>> = { "\r": "open", "\t": "next", "\u007f": "erase" }

/** Keys that were pressed faster than they were read come as one text. */
const allPressed = (input: string, key: Key): readonly Pressed[] =>
  input.length > 1 && !key.ctrl ? [...input].map((one) => typed[one] ?? one) : [pressedOf(input, key)]

const pressedOf = (input: string, key: Key): Pressed => {
  if (key.upArrow) return "up"
  if (key.downArrow) return "down"
  if (key.pageUp) return "page_up"
  if (key.pageDown) return "page_down"
  if (key.home) return "first"
  if (key.end) return "last"
  if (key.return || key.rightArrow) return "open"
  if (key.leftArrow) return "close"
  if (key.escape) return "escape"
  if (key.tab) return key.shift ? "previous" : "next"
  if (key.backspace || key.delete) return "erase"
  if (key.ctrl) return input === "c" ? "interrupt" : `ctrl ${input}`
  return input
}

/** Whatever is shown now, on the whole of the terminal. */
export const Screen = ({ showing }: { readonly showing: Showing }): ReactNode => {
  const shown = useSyncExternalStore(showing.subscribe, showing.shown)
  const { columns, rows } = useWindowSize()
  const lines = useRows({ shown, now: showing.now, columns, rows })
  useInput((input, key) => {
    for (const pressed of allPressed(input, key)) showing.shown().press(pressed)
  })
  return (
    <Box flexDirection="column" height={rows}>
      {lines.map((row, index) => (
        <Line key={index} row={row} color={showing.color} />
      ))}
    </Box>
  )
}

type Drawing = { readonly shown: Shown; readonly now: () => Date } & Omit<Frame, "now_ms">

type Drawn = Omit<Drawing, "now"> & { readonly lines: readonly Row[] }

const drawnOf = ({ shown, now, columns, rows }: Drawing): Drawn => {
  const lines = shown.rows({ now_ms: now().getTime(), columns, rows })
  return { shown, columns, rows, lines }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/**
 * Drawn anew when its state, time or the terminal have changed, and told only if that changes a line: laying a screen
 * out takes far longer than making its lines.
 */
const useRows = (drawing: Drawing): readonly Row[] => {
  const { shown, now, columns, rows } = drawing
  const [drawn, setDrawn] = useState(() => drawnOf(drawing))
  useEffect(() => {
    let last: Drawn | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = () => {
      clearTimeout(timer)
      const tick_ms = shown.tickMs()
      if (tick_ms !== undefined) timer = setTimeout(draw, tick_ms)
      const next = drawnOf({ shown, now, columns, rows })
      if (last && isSame(last.lines, next.lines)) return
      last = next
      setDrawn(next)
    }
    draw()
    const leave = shown.subscribe(draw)
    return () => {
      clearTimeout(timer)
      leave()
    }
  }, [shown, now, columns, rows])
  const isOfNow = drawn.shown === shown && drawn.columns === columns && drawn.rows === rows
  return isOfNow ? drawn.lines : drawnOf(drawing).lines
}

const LineOf = ({ row, color }: { readonly row: Row; readonly color: boolean }): ReactNode => (
  <Text wrap="truncate-end" inverse={row.is_selected ?? false}>
    {row.segments.map((segment, index) => (
      <Text key={index} {...styleOf(segment, color)}>
        {segment.text}
      </Text>
    ))}
  </Text>
)

/** One that says the same isn't laid out again. */
const Line = memo(LineOf, isSame)

const styleOf = ({ style }: Segment, color: boolean): object => (style && color ? props[style] : {})
