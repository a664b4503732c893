/** What Node 20 lacks of what commands and tests of workflows use. Everywhere else nothing is put in the place of what there is. */
const lacking: readonly (readonly [of: object, name: string, made: unknown])[] = [
  [
    Map,
    "groupBy",
    <Item, Key>(items: Iterable<Item>, keyOf: (item: Item, index: number) => Key): Map<Key, Item[]> => {
      const groups = new Map<Key, Item[]>()
      let index = 0
      for (const item of items) {
        const key = keyOf(item, index)
        const group = groups.get(key)
        if (group) group.push(item)
        else groups.set(key, [item])
        index += 1
      }
      return groups
    },
  ],
  [
    Promise,
    "withResolvers",
    <Value>() => {
      let settle: Pick<PromiseWithResolvers<Value>, "resolve" | "reject"> | undefined
      const promise = new Promise<Value>((resolve, reject) => {
        settle = { resolve, reject }
      })
      return { promise, ...settle }
    },
  ],
  [
    Array,
    "fromAsync",
    async <Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<Item[]> => {
      const all: Item[] = []
      for await (const item of items) all.push(item)
      return all
    },
  ],
]

for (const [of, name, value] of lacking) {
  if (!(name in of)) Object.defineProperty(of, name, { value, configurable: true, writable: true })
}
