import type { Named } from "./live.ts"

type Quote = "" | "'" | '"'

/** A word of a line that is being typed. */
type Word = { readonly text: string; readonly raw: string; readonly quote: Quote }

/** What stands in a line of bash, word by word; the last one is where the cursor is. Nothing is evaluated. */
export const wordsOf = (line: string): readonly Word[] => {
  const words: Word[] = []
  let word = { text: "", raw: "", quote: "" as Quote }
  let escaped = false
  let begun = false
  for (const character of line) {
    const is_space = /[ \t\n]/.test(character)
    if (is_space && word.quote === "" && !escaped) {
      if (begun) words.push(word)
      word = { text: "", raw: "", quote: "" }
      begun = false
      continue
    }
    begun = true
    word = { ...word, raw: word.raw + character }
    if (escaped) {
      const is_kept = word.quote === '"' && !/["\\$`]/.test(character)
      word = { ...word, text: `${word.text}${is_kept ? "\\" : ""}${character}` }
      escaped = false
    } else if (character === "\\" && word.quote !== "'") escaped = true
    else if (character === word.quote) word = { ...word, quote: "" }
    else if (word.quote === "" && (character === "'" || character === '"'))
      word = { ...word, quote: character }
    else word = { ...word, text: word.text + character }
  }
  return [...words, word]
}

/** What readline leaves standing of a word: it replaces what comes after the last break, or after an open quote. */
const kept = ({ raw, quote }: Word, breaks: string): string => {
  let start = 0
  let open: Quote = ""
  for (let place = 0; place < raw.length; place += 1) {
    const character = raw[place] ?? ""
    if (character === "\\" && open !== "'") place += 1
    else if (character === open) open = ""
    else if (open === "" && (character === "'" || character === '"')) {
      open = character
      if (quote !== "") start = place + 1
    } else if (open === "" && breaks.includes(character)) start = place + 1
  }
  return raw.slice(0, start)
}

const quoted: Readonly<Record<Quote, (text: string) => string>> = {
  "": (text) => text.replaceAll(/[^\w@%+=:,./\u0080-\u{10ffff}-]/gu, "\\$&"),
  "'": (text) => text.replaceAll("'", "'\\''"),
  // Within these quotes the history is looked into for what comes after a `!`, escaped or not.
  '"': (text) => text.replaceAll(/["\\$`]/g, "\\$&").replaceAll("!", '"\\!"'),
}

/** What bash puts in the place of the word, for each name that begins with what was typed. */
export const bashReplies = (names: readonly Named[], word: Word, breaks: string): readonly string[] => {
  const left = wordsOf(kept(word, breaks)).at(-1)?.text ?? ""
  return names
    .filter(({ value }) => value.startsWith(word.text) && value.startsWith(left))
    .map(({ value }) => quoted[word.quote](value.slice(left.length)))
}
