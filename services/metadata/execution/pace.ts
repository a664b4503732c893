/** Durations are counted by steps, each a quarter of a doubling: what is told of them is at most 10 % off. */
const steps_of_doubling = 4

export const paceOf = (duration_ms: number): number =>
  Math.round(Math.log2(Math.max(duration_ms, 1)) * steps_of_doubling)

const durationOf = (pace: number): number => Math.round(2 ** (pace / steps_of_doubling))

/** Of steps and how many have them: the duration that this share is not longer than. */
export const percentileOf = (counts: ReadonlyMap<number, number>, share: number): number | null => {
  const sorted = [...counts].toSorted(([one], [other]) => one - other)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  for (const [pace, count] of sorted) {
    seen += count
    if (seen >= total * share) return durationOf(pace)
  }
  return null
}
