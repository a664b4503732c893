import { Box, type Key, Text, useInput, useWindowSize } from "ink"
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react"
import type { Style } from "../io.ts"
import type { Pressed } from "./keys.ts"
import { type Row, type Segment, screenOf } from "./rows.ts"
import { isOver, type WatchState } from "./state.ts"

/** What a screen shows, and to whom it tells the keys. */
export type Shown = {
  subscribe(listener: () => void): () => void
  state(): WatchState
  press(key: Pressed): void
  readonly now: () => Date
  readonly color: boolean
}

const frame_ms = 100

const props: Readonly<Record<Style, object>> = {
  bold: { bold: true },
  dim: { dimColor: true },
  ...{ red: { color: "red" }, green: { color: "green" }, yellow: { color: "yellow" } },
  ...{ blue: { color: "blue" }, magenta: { color: "magenta" }, cyan: { color: "cyan" } },
}

/** Keys that were pressed faster than they were read come as one text. */
const allPressed = (input: string, key: Key): readonly Pressed[] =>
  input.length > 1 && !key.ctrl
    ? [...input].map((one) => (one === "\r" ? "open" : one))
    : [pressedOf(input, key)]

const pressedOf = (input: string, key: Key): Pressed => {
  if (key.upArrow) return "up"
  if (key.downArrow) return "down"
  if (key.pageUp) return "page_up"
  if (key.pageDown) return "page_down"
  if (key.home) return "first"
  if (key.end) return "last"
  if (key.return || key.rightArrow) return "open"
  if (key.leftArrow || input === "h") return "close"
  if (key.escape) return "escape"
  if (key.ctrl) return input === "c" ? "interrupt" : `ctrl ${input}`
  return input
}

export const WatchScreen = ({ shown }: { readonly shown: Shown }): ReactNode => {
  const state = useSyncExternalStore(shown.subscribe, shown.state)
  const { columns, rows } = useWindowSize()
  const now_ms = useClock(shown.now, !isOver(state.run.status))
  useInput((input, key) => {
    for (const pressed of allPressed(input, key)) shown.press(pressed)
  })
  const lines = screenOf(state, { now_ms, columns, rows })
  return (
    <Box flexDirection="column" height={rows}>
      {lines.map((row, index) => (
        <Line key={index} row={row} color={shown.color} />
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
const useClock = (now: Shown["now"], isTicking: boolean): number => {
  const [now_ms, setNow] = useState(() => now().getTime())
  useEffect(() => {
    if (!isTicking) return undefined
    const timer = setInterval(() => setNow(now().getTime()), frame_ms)
    return () => clearInterval(timer)
  }, [now, isTicking])
  return now_ms
}
