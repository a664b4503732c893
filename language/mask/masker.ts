const mask = "***"

export type Masker = {
  /** What of the text so far can be shown: its end may be the beginning of a secret, and is kept back then. */
  push(text: string): string
  /** The rest. */
  end(): string
}

/** By hand, since Node 20 has no `Map.groupBy`, and workers run there. */
const byFirstLetter = (forms: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const form of forms) {
    const first = form[0] ?? ""
    const group = groups.get(first)
    if (group) group.push(form)
    else groups.set(first, [form])
  }
  return groups
}

type Range = { readonly from: number; readonly to: number }

/** Puts `***` in the place of each of these texts, also where one comes in pieces. */
export const createMasker = (forms: readonly string[]): Masker => {
  const longest = Math.max(0, ...forms.map(({ length }) => length))
  const byFirst = byFirstLetter(forms)
  let kept = ""
  /** So many of the characters that are kept belong to a secret whose mask has been given out. */
  let covered = 0

  /** Where the end begins that may be the beginning of a secret. */
  const openEnd = (text: string): number => {
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
      const end = text.slice(at)
      const isOpen = (form: string) => form.length > end.length && form.startsWith(end)
      if (byFirst.get(text[at] ?? "")?.some(isOpen)) return at
    }
    return text.length
  }

  const show = (text: string, upto: number): string => {
    let shown = ""
    let at = 0
    let reach = covered
    for (const { from, to } of rangesIn(text, forms, covered)) {
      if (from >= upto) break
      shown += text.slice(at, from)
      // One that goes on from before has its mask already.
      if (from > 0 || covered === 0) shown += mask
      at = Math.min(to, upto)
      reach = to
    }
    shown += text.slice(at, upto)
    kept = text.slice(upto)
    covered = Math.max(0, reach - upto)
    return shown
  }

  return {
    push(piece) {
      const text = kept + piece
      return show(text, openEnd(text))
    },
    end: () => show(kept, kept.length),
  }
}

/** Where secrets are; those that overlap are one. */
const rangesIn = (text: string, forms: readonly string[], covered: number): readonly Range[] => {
  const found: Range[] = covered > 0 ? [{ from: 0, to: covered }] : []
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
      found.push({ from: at, to: at + form.length })
    }
  }
  found.sort((one, other) => one.from - other.from)
  const joined: Range[] = []
  for (const range of found) {
    const last = joined.at(-1)
    if (last && range.from < last.to) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    } else joined.push(range)
  }
  return joined
}

/** In texts at any depth, and in the names of fields. */
export const maskAll = (value: unknown, forms: readonly string[]): unknown => {
  if (typeof value === "string") return maskText(value, forms)
  if (Array.isArray(value)) return value.map((item) => maskAll(item, forms))
  if (typeof value !== "object" || value === null) return maskNumber(value, forms)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [maskText(key, forms), maskAll(item, forms)]),
  )
}

/** A secret of digits is read as a number where an output is typed. */
const maskNumber = (value: unknown, forms: readonly string[]): unknown => {
  if (typeof value !== "number") return value
  const text = String(value)
  const masked = maskText(text, forms)
  return masked === text ? value : masked
}

export const maskText = (text: string, forms: readonly string[]): string => {
  const masker = createMasker(forms)
  return masker.push(text) + masker.end()
}
