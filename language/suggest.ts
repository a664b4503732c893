/** The known word that the author most likely meant, if one is near enough to be worth a guess. */
export const suggest = (word: string, known: Iterable<string>): string | undefined => {
  const plain = simplified(word)
  const max_distance = plain.length < 2 ? 0 : Math.max(1, Math.min(3, Math.floor(plain.length / 3)))
  let best: string | undefined
  let nearest = max_distance + 1
  let begun: string | undefined
  for (const candidate of known) {
    if (plain.length > 4 && simplified(candidate).startsWith(plain.slice(0, 4))) begun ??= candidate
    if (Math.abs(candidate.length - word.length) > max_distance + 1) continue
    const distance = editDistance(plain, simplified(candidate))
    if (distance >= nearest) continue
    nearest = distance
    best = candidate
  }
  return best ?? begun
}

const simplified = (word: string): string => word.slice(0, 100).toLowerCase().replaceAll(/[-_]/g, "")

/** Optimal string alignment: a swap of neighbours counts as one slip. */
export const editDistance = (left: string, right: string): number => {
  let before: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1)
      cost = Math.min(cost, at(previous, column - 1) + (same ? 0 : 1))
      if (swapped && row > 1 && column > 1) cost = Math.min(cost, at(before, column - 2) + 1)
      current.push(cost)
    }
    before = previous
    previous = current
  }
  return at(previous, right.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? 0
