import type { Graph } from "./graph.ts"

/** Where tasks stand. Those of the later ones run after all of the earlier ones. */
export const sections = ["tasks", "on_failure", "finally"] as const

export type Section = (typeof sections)[number]

export type Entry<Task = unknown> = { readonly section: Section; readonly name: string; readonly task: Task }

type Sectioned<Task> = Readonly<Partial<Record<Section, Readonly<Record<string, Task>> | undefined>>>

/** All tasks. A name that is there twice counts where it is first. */
export const entriesIn = <Task>(definition: Sectioned<Task>): Entry<Task>[] => {
  const entries = new Map<string, Entry<Task>>()
  for (const section of sections) {
    for (const [name, task] of Object.entries(definition[section] ?? {})) {
      if (!entries.has(name)) entries.set(name, { section, name, task })
    }
  }
  return [...entries.values()]
}

export const needsOf = (task: unknown): unknown[] => {
  if (typeof task !== "object" || task === null || !("needs" in task)) return []
  return Array.isArray(task.needs) ? task.needs : []
}

const isSuccess = (task: unknown): boolean =>
  typeof task === "object" && task !== null && (Reflect.get(task, "when") ?? "success") === "success"

/**
 * Who needs whom, with what sections add: tasks of a later section that need nothing of their own
 * need the ends of the earlier ones. Needs that can't be met are left out.
 */
export const graphOf = (entries: readonly Entry[]): Graph => {
  const graph = new Map<string, string[]>()
  const sectionOf = new Map(entries.map(({ name, section }) => [name, section]))
  for (const { name, section, task } of entries) {
    const own = needsOf(task).filter(
      (need): need is string => typeof need === "string" && need !== name && sectionOf.get(need) === section,
    )
    graph.set(name, [...new Set(own)])
  }
  const of = (section: Section) => entries.filter((entry) => entry.section === section)
  const main = endsOf(of("tasks"), graph)
  const handlers = endsOf(of("on_failure"), graph)
  for (const { name } of of("on_failure")) if (graph.get(name)?.length === 0) graph.set(name, main)
  for (const { name } of of("finally")) {
    if (graph.get(name)?.length === 0) graph.set(name, handlers.length > 0 ? handlers : main)
  }
  return graph
}

/**
 * The tasks whose ends tell how all ended. One with a successor that runs on success only is not
 * among them: that one ends later, and is bad whenever this one is.
 */
const endsOf = (entries: readonly Entry[], graph: Graph): string[] => {
  const covered = new Set<string>()
  for (const { name, task } of entries) {
    if (isSuccess(task)) for (const need of graph.get(name) ?? []) covered.add(need)
  }
  return entries.map(({ name }) => name).filter((name) => !covered.has(name))
}
