import { randomFrom } from "#language/testing/random.ts"

/** Chance that a seed repeats. */
export type Random = {
  next(): number
  /** A whole number of `from` to `to`, both included. */
  whole(from: number, to: number): number
  pick<Item>(items: readonly Item[]): Item
  shuffled<Item>(items: readonly Item[]): readonly Item[]
}

export const seededRandom = (seed: number): Random => {
  const next = randomFrom(seed)
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[whole(0, items.length - 1)]
    if (item === undefined) throw new Error("there is nothing to pick from")
    return item
  }
  const shuffled = <Item>(items: readonly Item[]) =>
    items
      .map((item) => ({ item, place: next() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item)
  return { next, whole, pick, shuffled }
}

/** `SEED=` repeats what was chosen; when it happens is up to the machine. */
export const chosenSeed = (): number => Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
