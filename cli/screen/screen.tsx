import { Box, type Key, Text, useInput, useWindowSize } from "ink"
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react"
import type { Style } from "../io.ts"
import type { Pressed } from "./pressed.ts"
import type { Frame, Row, Segment } from "./row.ts"

/** What a screen shows, and to whom it tells the keys. */
export type Shown = {
  subscribe(listener: () => void): () => void
  state(): unknown
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
  useSyncExternalStore(shown.subscribe, shown.state)
  const { columns, rows } = useWindowSize()
  const now_ms = useClock(showing.now, shown.tickMs())
  useInput((input, key) => {
    for (const pressed of allPressed(input, key)) showing.shown().press(pressed)
  })
  return (
    <Box flexDirection="column" height={rows}>
      {shown.rows({ now_ms, columns, rows }).map((row, index) => (
        <Line key={index} row={row} color={showing.color} />
      ))}
    </Box>
  )
}

const Line = ({ row, color }: { readonly row: Row; readonly color: boolean }): ReactNode => (
  <Text wrap="truncate-end" inverse={row.is_selected ?? false}>
    {row.segments.map((segment, index) => (
      <Text key={index} {...styleOf(segment, color)}>
        {segment.text}
      </Text>
    ))}
  </Text>
)

const styleOf = ({ style }: Segment, color: boolean): object => (style && color ? props[style] : {})

/** Moves on while something goes on. */
const useClock = (now: Showing["now"], tick_ms: number | undefined): number => {
  const [now_ms, setNow] = useState(() => now().getTime())
  useEffect(() => {
    if (tick_ms === undefined) return undefined
    const timer = setInterval(() => setNow(now().getTime()), tick_ms)
    return () => clearInterval(timer)
  }, [now, tick_ms])
  return now_ms
}
