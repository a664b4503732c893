type Listed = { readonly items: readonly { readonly key: string }[] }

/** What is shown of a section. */
export type Room<Section> = {
  readonly section: Section
  readonly first: number
  readonly count: number
  /** With a blank line after it. */
  readonly is_spaced: boolean
}

/**
 * Divides the lines that there are: each section has one for its title, and of the others as many as it needs while
 * there are enough, else equal shares. Where not even that can be, the section that one is in is shown alone.
 */
export const roomsOf = <Section extends Listed>(
  sections: readonly Section[],
  selected: string | undefined,
  room: number,
): readonly Room<Section>[] => {
  const isIn = ({ items }: Section) => items.some(({ key }) => key === selected)
  const least = sections.reduce((sum, { items }) => sum + (items.length > 0 ? 2 : 1), 0)
  const shown = least > room ? [sections.find(isIn) ?? sections[0]].flatMap((one) => one ?? []) : sections
  const counts = sharesOf(
    shown.map(({ items }) => items.length),
    room - shown.length,
  )
  const used = counts.reduce((sum, count) => sum + count, shown.length)
  const is_spaced = used + shown.length - 1 <= room
  return shown.map((section, index) => {
    const count = counts[index] ?? 0
    return { section, count, first: firstShown(section, selected, count), is_spaced }
  })
}

/** A line for each in turn, as long as there are any. */
const sharesOf = (wanted: readonly number[], room: number): readonly number[] => {
  const given = wanted.map(() => 0)
  let left = Math.max(0, room)
  while (left > 0) {
    const before = left
    for (const [index, most] of wanted.entries()) {
      const has = given[index] ?? 0
      if (left === 0 || has >= most) continue
      given[index] = has + 1
      left -= 1
    }
    if (left === before) break
  }
  return given
}

/** So that the chosen one is shown, with some before it. */
const firstShown = ({ items }: Listed, selected: string | undefined, count: number): number => {
  const at = items.findIndex(({ key }) => key === selected)
  return Math.min(Math.max(0, at - Math.floor(count / 2)), Math.max(0, items.length - count))
}
