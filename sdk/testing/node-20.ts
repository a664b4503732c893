// The engine uses what Node has from 22 on: the same, where it is not there yet.
const groupBy = <Key, Item>(
  items: Iterable<Item>,
  keyOf: (item: Item, index: number) => Key,
): Map<Key, Item[]> => {
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
}

if (typeof Map.groupBy !== "function")
  Object.defineProperty(Map, "groupBy", { value: groupBy, configurable: true, writable: true })

const withResolvers = <Value>() => {
  const made: Partial<Omit<PromiseWithResolvers<Value>, "promise">> = {}
  const promise = new Promise<Value>((resolve, reject) => Object.assign(made, { resolve, reject }))
  return { promise, ...made }
}

if (typeof Promise.withResolvers !== "function")
  Object.defineProperty(Promise, "withResolvers", {
    value: withResolvers,
    configurable: true,
    writable: true,
  })
