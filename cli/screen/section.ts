import { type Item, itemRows } from "./item.ts"
import { movedTo, type Pressed } from "./pressed.ts"
import { roomsOf } from "./rooms.ts"
import { blank, hiddenWords, type Row } from "./row.ts"

export type Section<Name extends string = string> = {
  readonly name: Name
  /** The key that shows it alone. */
  readonly number: number
  readonly title: string
  /** Those that the filter lets through. */
  readonly items: readonly Item[]
  /** How many there are without it: `100+` where the platform has more than it was asked for. */
  readonly count: string
  /** Said in place of items. */
  readonly note: string | undefined
}

/** The item that keys are about: the chosen one; where it has gone, the first beside it; else the first of all. */
export const selectedOf = (sections: readonly Section[], selected = ""): Item | undefined => {
  const all = sections.flatMap(({ items }) => items)
  const isBeside = ({ name }: Section) => selected.startsWith(`${name} `)
  return all.find(({ key }) => key === selected) ?? sections.find(isBeside)?.items[0] ?? all[0]
}

/** The item that a key leads to: by steps, or into the next section that has some. */
export const movedIn = (
  sections: readonly Section[],
  selected: string | undefined,
  key: Pressed,
): { readonly name: string | undefined } | undefined => {
  const keys = sections.flatMap(({ items }) => items.map((item) => item.key))
  const moved = movedTo(keys, selected, key)
  if (moved || (key !== "next" && key !== "previous")) return moved
  const filled = sections.filter(({ items }) => items.length > 0)
  const at = filled.findIndex(({ items }) => items.some((item) => item.key === selected))
  const there = filled.at((at + (key === "next" ? 1 : -1)) % Math.max(filled.length, 1))
  return { name: there?.items[0]?.key }
}

/** All of them, as far as there is room. */
export const sectionRows = (
  sections: readonly Section[],
  selected: string | undefined,
  { room, columns }: { readonly room: number; readonly columns: number },
): readonly Row[] =>
  roomsOf(sections, selected, room).flatMap(({ section, first, count, is_spaced }) => [
    headingOf(section, first, count),
    ...itemRows(section.items.slice(first, first + count), selected, columns),
    ...(is_spaced ? [blank] : []),
  ])

const headingOf = ({ number, title, items, count, note }: Section, first: number, shown: number): Row => ({
  segments: [
    { text: `${number} `, style: "dim" },
    { text: title, style: "cyan" },
    { text: ` ${items.length > 0 ? count : ""}` },
    { text: `  ${note ?? hiddenWords(first, shown, items.length)}`, style: "dim" },
  ],
})
