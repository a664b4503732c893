import type { Style } from "./io.ts"

/** Red is for what fails. */
const palette: readonly Style[] = [
  ...(["cyan", "magenta", "yellow", "blue", "green"] as const),
  ...(["bright_cyan", "bright_magenta", "bright_yellow", "bright_blue", "bright_green"] as const),
]

const hash = (name: string): number => {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  return sum
}

type Colouring = (name: string) => Style

/**
 * A colour for each name: the same in every session, unless another one has it there by then. Where there are more names
 * than colours, the one that was silent longest gives its own away (`newest`), or they are shared.
 */
export const colouring = (when_full: "share" | "newest"): Colouring => {
  const places = new Map<string, number>()
  const free = (wanted: number): number | undefined => {
    const taken = new Set(places.values())
    return palette.map((_, step) => (wanted + step) % palette.length).find((place) => !taken.has(place))
  }
  const placeOf = (name: string): number => {
    const known = places.get(name)
    if (known !== undefined) {
      if (when_full === "newest") places.delete(name)
      return known
    }
    const wanted = hash(name) % palette.length
    const [silent] = places.keys()
    if (places.size === palette.length && when_full === "newest" && silent !== undefined)
      places.delete(silent)
    return free(wanted) ?? wanted
  }
  return (name) => {
    const place = placeOf(name)
    if (places.has(name) || places.size < palette.length) places.set(name, place)
    return palette[place] ?? "cyan"
  }
}
