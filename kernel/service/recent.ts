/** What was kept last, at most so much, and the last half of that surely. */
export type Recent<Value> = {
  get(id: string): Value | undefined
  keep(id: string, value: Value): void
  forget(id: string): void
}

/**
 * Two halves: when the young one is full, the old one goes as a whole. To let go of the oldest one by one, a map would have
 * to look for its first over all that were deleted before.
 */
export const recent = <Value>(max: number): Recent<Value> => {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  return {
    get: (id) => young.get(id) ?? old.get(id),
    keep(id, value) {
      if (young.size >= max / 2 && !young.has(id)) {
        old = young
        young = new Map()
      }
      young.set(id, value)
    },
    forget(id) {
      young.delete(id)
      old.delete(id)
    },
  }
}
