/** A key, by what it says. */
export type Pressed =
  | "up"
  | "down"
  | "page_up"
  | "page_down"
  | "first"
  | "last"
  | "open"
  | "close"
  | "escape"
  | "next"
  | "previous"
  | "erase"
  | "interrupt"
  | (string & {})

const page_rows = 10

/** How far keys move in a list. */
const steps: Readonly<Record<string, number>> = {
  ...{ up: -1, k: -1, down: 1, j: 1, page_up: -page_rows, page_down: page_rows },
  ...{ first: Number.NEGATIVE_INFINITY, g: Number.NEGATIVE_INFINITY },
  ...{ last: Number.POSITIVE_INFINITY, G: Number.POSITIVE_INFINITY },
}

/** The one that a key moves to, of those there are; undefined for a key that moves nowhere. */
export const movedTo = (
  names: readonly string[],
  from: string | undefined,
  key: Pressed,
): { readonly name: string | undefined } | undefined => {
  const step = steps[key]
  if (step === undefined) return undefined
  const at = Math.max(0, names.indexOf(from ?? ""))
  return { name: names[Math.min(Math.max(at + step, 0), names.length - 1)] }
}
