/** What was kept last, at most so much, and the last half of that surely. */
export type Recent<Value> = {
  get(id: string): Value | undefined
  keep(id: string, value: Value): void
  forget(id: string): void
  forgetAll(): void
}

/** Of a value for as long as it is kept. */
type WeightOf<Value> = (value: Value) => number

/**
 * Two halves: when the young one is full, the old one goes as a whole. To let go of the oldest one by one, a map would have
 * to look for its first over all that were deleted before.
 */
export const recent = <Value>(max: number, weightOf: WeightOf<Value> = () => 1): Recent<Value> => {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let weight = 0
  const forgetYoung = (id: string) => {
    const known = young.get(id)
    if (known === undefined) return
    young.delete(id)
    weight -= weightOf(known)
  }
  return {
    get: (id) => young.get(id) ?? old.get(id),
    keep(id, value) {
      forgetYoung(id)
      if (weight >= max / 2) {
        old = young
        young = new Map()
        weight = 0
      }
      young.set(id, value)
      weight += weightOf(value)
    },
    forget(id) {
      forgetYoung(id)
      old.delete(id)
    },
    forgetAll() {
      young = new Map()
      old = new Map()
      weight = 0
    },
  }
}
