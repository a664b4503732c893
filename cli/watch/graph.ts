/** A task as its workflow has it. */
export type Planned = { readonly name: string; readonly needs: readonly string[] }

/** A task's place on the screen: below what all its ways come from. */
export type Place = { readonly name: string; readonly depth: number }

const max_depth = 6

/**
 * The graph as a list that can be read: each task below the last one that all ways to it pass, so that what fans out is
 * indented below its fork, and what joins it stands where the fork does. A chain stays flat.
 */
export const placesOf = (tasks: readonly Planned[]): readonly Place[] => {
  const sorted = inOrder(tasks)
  const places = new Map(sorted.map(({ name }, index) => [name, index]))
  const above = new Map<string, string | undefined>()
  for (const { name, needs } of sorted) {
    const known = needs.filter((need) => places.has(need))
    const [first, ...others] = known
    let common = first
    for (const other of others) common = meeting({ above, places }, common, other)
    above.set(name, common)
  }
  const below = Map.groupBy(sorted, ({ name }) => above.get(name))
  return unfold(below, undefined, 0)
}

type Ways = {
  readonly above: ReadonlyMap<string, string | undefined>
  readonly places: ReadonlyMap<string, number>
}

/** The last one that the ways to both have in common. */
const meeting = ({ above, places }: Ways, one: string | undefined, other: string | undefined) => {
  let [left, right] = [one, other]
  while (left !== right) {
    if (left === undefined || right === undefined) return undefined
    if ((places.get(left) ?? 0) > (places.get(right) ?? 0)) left = above.get(left)
    else right = above.get(right)
  }
  return left
}

const unfold = (
  below: ReadonlyMap<string | undefined, readonly Planned[]>,
  name: string | undefined,
  depth: number,
): readonly Place[] => {
  const places: Place[] = []
  const waiting = (below.get(name) ?? []).map((task) => ({ name: task.name, depth })).toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    places.push(next)
    const children = below.get(next.name) ?? []
    const inner = children.length > 1 ? Math.min(next.depth + 1, max_depth) : next.depth
    waiting.push(...children.map((child) => ({ name: child.name, depth: inner })).toReversed())
  }
  return places
}

/** Each after all that it needs, otherwise as they are written. */
const inOrder = (tasks: readonly Planned[]): readonly Planned[] => {
  const named = new Map(tasks.map((task) => [task.name, task]))
  const left = new Map(tasks.map(({ name, needs }) => [name, needs.filter((need) => named.has(need)).length]))
  const users = new Map<string, string[]>()
  for (const { name, needs } of tasks)
    for (const need of needs) users.set(need, [...(users.get(need) ?? []), name])
  const sorted: Planned[] = []
  const ready = tasks.filter(({ name }) => left.get(name) === 0)
  for (let index = 0; index < ready.length; index += 1) {
    const task = ready[index]
    if (!task) break
    sorted.push(task)
    for (const user of users.get(task.name) ?? []) {
      const rest = (left.get(user) ?? 0) - 1
      left.set(user, rest)
      const found = named.get(user)
      if (rest === 0 && found) ready.push(found)
    }
  }
  return sorted
}
