import { editDistance } from "#language/suggest.ts"

const max_length = 40

/** The one that was probably meant: a letter or two off, or a word that is cut short. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > max_length) return undefined
  const max = word.length <= 3 ? 1 : 2
  const ranked = known
    .map((name) => ({ name, away: editDistance(word.toLowerCase(), name) }))
    .sort((one, other) => one.away - other.away)
  const [best] = ranked
  if (best && best.away <= max) return best.name
  return word.length >= 3 ? known.find((name) => name.startsWith(word.toLowerCase())) : undefined
}
