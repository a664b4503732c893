/** Everything that happens by chance in a simulation, from one seed. */
export type Chance = {
  /** Uniform in [0, 1). */
  random(): number
  /** A whole number of `least` to `most`, both included. */
  between(least: number, most: number): number
  /** True so often. */
  happens(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

export const createChance = (seed: number): Chance => {
  let state = (seed * 0x9e3779b1 + 0x6d2b79f5) | 0
  // Mulberry32: small, quick, and even enough.
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return {
    random,
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    happens: (probability) => random() < probability,
    pick: (items) => {
      const found = items[Math.floor(random() * items.length)]
      if (found === undefined) throw new Error("There is nothing to pick from.")
      return found
    },
  }
}
