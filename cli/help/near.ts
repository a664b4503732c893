/** How many letters have to be left out, put in, changed or swapped with their neighbour. */
const distance = (one: string, other: string): number => {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row]
    const [above = [], before = []] = [rows[row - 1], rows[row - 2]]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      const is_swap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const swapped = is_swap ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      const changed = (above[column - 1] ?? 0) + (same ? 0 : 1)
      line.push(Math.min((above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, changed, swapped))
    }
    rows.push(line)
  }
  return rows[one.length]?.[other.length] ?? 0
}

const max_length = 40

/** The one that was probably meant: a letter or two off, or a word that is cut short. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > max_length) return undefined
  const max = word.length <= 3 ? 1 : 2
  const ranked = known
    .map((name) => ({ name, away: distance(word.toLowerCase(), name) }))
    .sort((one, other) => one.away - other.away)
  const [best] = ranked
  if (best && best.away <= max) return best.name
  return word.length >= 3 ? known.find((name) => name.startsWith(word.toLowerCase())) : undefined
}
