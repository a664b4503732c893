/** Who needs whom, by name. Names that don't exist are left out by whoever builds it. */
export type Graph = ReadonlyMap<string, readonly string[]>

/**
 * Names in the order of their depth, and by name within a depth. So the order depends on the
 * content only, never on how the file arranges it. Tasks on or behind a cycle are missing.
 */
export const topological = (graph: Graph): string[] => {
  const { successors, open } = counted(graph)
  const order: string[] = []
  let level = [...open.keys()].filter((name) => open.get(name) === 0).sort()
  while (level.length > 0) {
    order.push(...level)
    const next: string[] = []
    for (const successor of level.flatMap((name) => successors.get(name) ?? [])) {
      const left = (open.get(successor) ?? 0) - 1
      open.set(successor, left)
      if (left === 0) next.push(successor)
    }
    level = next.sort()
  }
  return order
}

const counted = (graph: Graph) => {
  const successors = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const [name, needs] of graph) {
    open.set(name, needs.length)
    for (const need of needs) {
      const known = successors.get(need)
      if (known) known.push(name)
      else successors.set(need, [name])
    }
  }
  return { successors, open }
}

type Visit = { readonly name: string; next: number }

/** Cycles, each as the names along it; the last needs the first. At most `max`, none twice. */
export const cycles = (graph: Graph, max: number): string[][] => {
  const found: string[][] = []
  const state = new Map<string, "open" | "done">()
  for (const start of graph.keys()) {
    if (state.has(start)) continue
    const trail: Visit[] = [{ name: start, next: 0 }]
    state.set(start, "open")
    while (trail.length > 0 && found.length < max) {
      const cycle = advance(graph, trail, state)
      if (cycle) found.push(cycle)
    }
  }
  return found
}

/** One step of a depth-first walk, without recursion: graphs are thousands deep. */
const advance = (graph: Graph, trail: Visit[], state: Map<string, "open" | "done">): string[] | undefined => {
  const visit = trail.at(-1)
  if (!visit) return undefined
  const need = graph.get(visit.name)?.[visit.next]
  visit.next += 1
  if (need === undefined) {
    state.set(visit.name, "done")
    trail.pop()
    return undefined
  }
  const seen = state.get(need)
  if (seen === "open")
    return trail.slice(trail.findIndex(({ name }) => name === need)).map(({ name }) => name)
  if (seen === "done") return undefined
  state.set(need, "open")
  trail.push({ name: need, next: 0 })
  return undefined
}
