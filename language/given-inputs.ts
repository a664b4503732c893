export type Inputs = Readonly<Record<string, unknown>>

const max_chars = 4_000

/** What an attempt was given, as its history tells it: as far as it is small. */
export const givenInputs = (given: Inputs): Inputs | undefined => {
  let left = max_chars
  const all = Object.entries(given)
  const kept = all.filter(([name, value]) => {
    const size = name.length + (JSON.stringify(value)?.length ?? 0)
    if (size > left) return false
    left -= size
    return true
  })
  if (kept.length === 0) return undefined
  return kept.length === all.length ? given : Object.fromEntries(kept)
}
