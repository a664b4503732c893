import { randomFrom } from "#language/testing/random.ts"

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
  const random = randomFrom((seed * 0x9e3779b1 + 0x6d2b79f5) | 0)
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
