import type { Fault, Path } from "./fault.ts"
import { cycles } from "./graph.ts"
import { limits } from "./limits.ts"
import { type Entry, graphOf, needsOf, type Section } from "./sections.ts"

/** What is wrong with who needs whom. Reads what is there and skips what has no right shape. */
export const needsFaults = (entries: readonly Entry[]): Fault[] => {
  if (!entries.some(({ section }) => section === "tasks")) {
    return [{ path: ["tasks"], message: "a workflow needs at least one task" }]
  }
  if (entries.length > limits.max_tasks) {
    const message = `${entries.length} tasks; a workflow has at most ${limits.max_tasks}`
    return [{ path: ["tasks"], message }]
  }
  const faults: Fault[] = []
  const sectionOf = new Map(entries.map(({ name, section }) => [name, section]))
  for (const entry of entries) faults.push(...entryFaults(entry, sectionOf))
  const graph = graphOf(entries)
  const edges = [...graph.values()].reduce((count, needs) => count + needs.length, 0)
  if (edges > limits.max_edges) {
    faults.push({ path: ["tasks"], message: `${edges} needs in all; there are at most ${limits.max_edges}` })
    return faults
  }
  const found = cycles(graph, max_cycles)
  return [...faults, ...found.map((cycle) => cycleFault(cycle, entries))]
}

const max_cycles = 20

const entryFaults = ({ section, name, task }: Entry, sectionOf: ReadonlyMap<string, Section>): Fault[] => {
  const faults: Fault[] = []
  const seen = new Set<string>()
  for (const [index, need] of needsOf(task).entries()) {
    const path: Path = [section, name, "needs", index]
    if (typeof need !== "string") continue
    const other = sectionOf.get(need)
    if (need === name) faults.push({ path, message: `task \`${name}\` needs itself` })
    else if (other === undefined) {
      faults.push({
        path,
        message: `needs the unknown task \`${need.slice(0, 100)}\``,
        word: need,
        known: sectionOf.keys(),
      })
    } else if (other !== section) faults.push({ path, message: acrossMessage(section, other, need) })
    else if (seen.has(need)) faults.push({ path, message: `needs \`${need}\` twice` })
    seen.add(need)
  }
  return faults
}

const acrossMessage = (section: Section, other: Section, need: string): string =>
  section === "tasks" || other === "finally"
    ? `\`${need}\` is in \`${other}\`, which runs after \`${section}\``
    : `\`${need}\` has ended anyway when \`${section}\` begins: leave it out`

const cycleFault = (cycle: readonly string[], entries: readonly Entry[]): Fault => {
  const last = cycle.at(-1) ?? ""
  const entry = entries.find(({ name }) => name === last)
  const index = needsOf(entry?.task).indexOf(cycle[0])
  const path = [entry?.section ?? "tasks", last, "needs", index]
  return { path, message: `tasks need each other: ${circle(cycle)}` }
}

const circle = (cycle: readonly string[]): string => {
  const shown = cycle.length <= 12 ? cycle : [...cycle.slice(0, 11), `… ${cycle.length - 11} more`]
  return [...shown, cycle[0]].join(" → ")
}
