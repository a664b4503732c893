import type { Fault, Path } from "./fault.ts"
import type { Definition, Task } from "./schema.ts"
import { entriesIn } from "./sections.ts"

/**
 * What this version checks, compiles and keeps, but doesn't run. The one list of it: what the engine,
 * an executor or a door has learned is taken out here, and nowhere else.
 */
const not_run = {
  "uses: notify": "`uses: notify`",
} as const

export type Construct = keyof typeof not_run

type Use = { readonly construct: Construct; readonly path: Path }

/** What a definition uses of it, and where. */
export const usesOf = (definition: Definition): readonly Use[] => {
  const uses: Use[] = []
  for (const { section, name, task } of entriesIn(definition)) uses.push(...taskUses(task, [section, name]))
  return uses
}

const taskUses = (task: Task, path: Path): readonly Use[] => {
  const uses: Use[] = []
  const type = `uses: ${task.uses}`
  if (isConstruct(type)) uses.push({ construct: type, path: [...path, "uses"] })
  return uses
}

const isConstruct = (name: string): name is Construct => Object.hasOwn(not_run, name)

/** Where a definition uses what this version doesn't run. */
export const notRunIn = (definition: Definition): readonly Fault[] =>
  usesOf(definition).map(({ construct, path }) => {
    const message = `this version doesn't run ${not_run[construct]} yet: it can be pushed, but not started`
    return { path, message, on_key: true }
  })

/** In plans of versions whose files were not kept: that was before pushes brought them along. */
const without_files = "files"

/** Why a run of a plan can't start; undefined if it can. Plans name what they use in `constructs`. */
export const refusalOf = (constructs: readonly string[] | null | undefined): string | undefined => {
  if (constructs?.includes(without_files)) {
    return "This version's `files` were not kept when it was pushed: push it again."
  }
  const missing = (constructs ?? []).filter(isConstruct)
  if (missing.length === 0) return undefined
  return `This version doesn't run ${missing.map((construct) => not_run[construct]).join(", ")} yet.`
}
