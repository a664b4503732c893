export type DiffLine = { readonly sign: " " | "+" | "-"; readonly text: string }

/** More pairs of lines than this are not compared one by one. */
const max_pairs = 4_000_000

/** What was taken away and added, line by line, between what stayed. */
export const diffLines = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  const shortest = Math.min(before.length, after.length) - start
  while (end < shortest && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const same = (lines: readonly string[]) => lines.map((text): DiffLine => ({ sign: " ", text }))
  return [
    ...same(before.slice(0, start)),
    ...changed(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

const changed = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  const lines: DiffLine[] = []
  const kept = before.length * after.length > max_pairs ? undefined : keptLengths(before, after)
  const width = after.length + 1
  let [from, to] = [0, 0]
  while (from < before.length && to < after.length && kept) {
    const isSame = before[from] === after[to]
    const goesDown = (kept[(from + 1) * width + to] ?? 0) >= (kept[from * width + to + 1] ?? 0)
    if (isSame) lines.push({ sign: " ", text: before[from] ?? "" })
    else if (goesDown) lines.push({ sign: "-", text: before[from] ?? "" })
    else lines.push({ sign: "+", text: after[to] ?? "" })
    if (isSame || goesDown) from += 1
    if (isSame || !goesDown) to += 1
  }
  for (const text of before.slice(from)) lines.push({ sign: "-", text })
  for (const text of after.slice(to)) lines.push({ sign: "+", text })
  return lines
}

/** How many lines can stay from each place on: the longest common subsequence. */
const keptLengths = (before: readonly string[], after: readonly string[]): Uint32Array => {
  const width = after.length + 1
  const kept = new Uint32Array((before.length + 1) * width)
  for (let from = before.length - 1; from >= 0; from -= 1) {
    for (let to = after.length - 1; to >= 0; to -= 1) {
      kept[from * width + to] =
        before[from] === after[to]
          ? (kept[(from + 1) * width + to + 1] ?? 0) + 1
          : Math.max(kept[(from + 1) * width + to] ?? 0, kept[from * width + to + 1] ?? 0)
    }
  }
  return kept
}

/** With a few lines around each change, as far as there is room; `undefined` stands for what is left out. */
export const changesOf = (lines: readonly DiffLine[], around: number): readonly (DiffLine | undefined)[] => {
  const near = new Set<number>()
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue
    for (let at = index - around; at <= index + around; at += 1) near.add(at)
  }
  const shown: (DiffLine | undefined)[] = []
  for (const [index, line] of lines.entries()) {
    if (near.has(index)) shown.push(line)
    else if (shown.length > 0 && shown.at(-1) !== undefined) shown.push(undefined)
  }
  return shown.at(-1) === undefined ? shown.slice(0, -1) : shown
}
