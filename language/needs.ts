import type { Fault, Path } from "./fault.ts"
import { cycles, type Graph } from "./graph.ts"
import { limits } from "./limits.ts"

/** What is wrong with who needs whom. Reads what is there and skips what has no right shape. */
export const needsFaults = (tasks: Readonly<Record<string, unknown>>): Fault[] => {
  const names = Object.keys(tasks)
  if (names.length === 0) return [{ path: ["tasks"], message: "a workflow needs at least one task" }]
  if (names.length > limits.max_tasks) {
    const message = `${names.length} tasks; a workflow has at most ${limits.max_tasks}`
    return [{ path: ["tasks"], message }]
  }
  const faults: Fault[] = []
  const graph = new Map<string, string[]>()
  let edges = 0
  for (const name of names) {
    const needs = needsOf(tasks[name])
    edges += needs.length
    graph.set(name, soundNeeds({ name, needs, tasks, names }, faults))
  }
  if (edges > limits.max_edges) {
    faults.push({ path: ["tasks"], message: `${edges} needs in all; there are at most ${limits.max_edges}` })
    return faults
  }
  return [...faults, ...cycleFaults(tasks, graph)]
}

export const needsOf = (task: unknown): unknown[] => {
  if (typeof task !== "object" || task === null || !("needs" in task)) return []
  return Array.isArray(task.needs) ? task.needs : []
}

type Needing = {
  readonly name: string
  readonly needs: readonly unknown[]
  readonly tasks: Readonly<Record<string, unknown>>
  readonly names: readonly string[]
}

const soundNeeds = ({ name, needs, tasks, names }: Needing, faults: Fault[]): string[] => {
  const sound = new Set<string>()
  for (const [index, need] of needs.entries()) {
    const path: Path = ["tasks", name, "needs", index]
    if (typeof need !== "string") continue
    if (need === name) faults.push({ path, message: `task \`${name}\` needs itself` })
    else if (!Object.hasOwn(tasks, need)) {
      faults.push({
        path,
        message: `needs the unknown task \`${need.slice(0, 100)}\``,
        word: need,
        known: names,
      })
    } else if (sound.has(need)) faults.push({ path, message: `needs \`${need}\` twice` })
    else sound.add(need)
  }
  return [...sound]
}

const cycleFaults = (tasks: Readonly<Record<string, unknown>>, graph: Graph): Fault[] =>
  cycles(graph, 20).map((cycle) => {
    const last = cycle.at(-1) ?? ""
    const index = needsOf(tasks[last]).indexOf(cycle[0])
    return { path: ["tasks", last, "needs", index], message: `tasks need each other: ${circle(cycle)}` }
  })

const circle = (cycle: readonly string[]): string => {
  const shown = cycle.length <= 12 ? cycle : [...cycle.slice(0, 11), `… ${cycle.length - 11} more`]
  return [...shown, cycle[0]].join(" → ")
}
