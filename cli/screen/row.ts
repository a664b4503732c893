import type { Style } from "../io.ts"

export type Segment = { readonly text: string; readonly style?: Style }

/** A line of the screen. */
export type Row = { readonly segments: readonly Segment[]; readonly is_selected?: boolean }

/** What a screen depends on besides its state. */
export type Frame = { readonly now_ms: number; readonly columns: number; readonly rows: number }

export const blank: Row = { segments: [{ text: " " }] }

export const plain = (text: string): Row => ({ segments: [{ text }] })

/** What of a list is not on the screen. */
export const hiddenWords = (first: number, shown: number, all: number): string => {
  const below = all - first - shown
  return [first > 0 && `${first} above`, below > 0 && `${below} below`].filter(Boolean).join(", ")
}

/** The keys that there are, on a page of their own. */
export const keyRows = (keys: readonly (readonly [key: string, what: string])[]): readonly Row[] =>
  keys.map(([key, what]) => plain(`  ${key.padEnd(10)} ${what}`))

type Parts = {
  readonly head: readonly Row[]
  readonly foot: Row
  /** As many rows as there is room for. */
  body(room: number): readonly Row[]
}

/** All of the screen: never more lines than there are, and the foot always at the bottom. */
export const filled = ({ head, foot, body }: Parts, { rows }: Frame): readonly Row[] => {
  const room = Math.max(1, rows - head.length - 1)
  const shown = body(room).slice(0, room)
  const empty = Array.from({ length: room - shown.length }, () => blank)
  return [...head, ...shown, ...empty, foot].slice(0, rows)
}
