import type { Fault, Path } from "./fault.ts"
import { rootsRead } from "./reads.ts"
import type { Definition, Task } from "./schema.ts"
import { entriesIn } from "./sections.ts"
import { bareExpression } from "./template.ts"

/**
 * What this version checks, compiles and keeps, but doesn't run. The one list of it: what the engine,
 * an executor or a door has learned is taken out here, and nowhere else.
 */
const not_run = {
  cache: "`cache`",
  files: "`files`",
  outputs: "`outputs` of a workflow",
  trigger: "`trigger` in expressions",
  "uses: workflow": "`uses: workflow`",
  "uses: notify": "`uses: notify`",
} as const

export type Construct = keyof typeof not_run

type Use = { readonly construct: Construct; readonly path: Path }

/** What a definition uses of it, and where. */
export const usesOf = (definition: Definition): readonly Use[] => {
  const uses: Use[] = []
  const { files, outputs, env, concurrency } = definition
  if (files && files.length > 0) uses.push({ construct: "files", path: ["files"] })
  if (outputs) uses.push({ construct: "outputs", path: ["outputs"] })
  if (rootsRead([outputs, env, concurrency]).has("trigger")) uses.push({ construct: "trigger", path: [] })
  for (const { section, name, task } of entriesIn(definition)) uses.push(...taskUses(task, [section, name]))
  return uses
}

const keys = ["cache"] as const

const taskUses = (task: Task, path: Path): readonly Use[] => {
  const uses: Use[] = []
  for (const key of keys) if (task[key] !== undefined) uses.push({ construct: key, path: [...path, key] })
  const type = `uses: ${task.uses}`
  if (isConstruct(type)) uses.push({ construct: type, path: [...path, "uses"] })
  if (rootsRead([task, conditionOf(task)]).has("trigger")) uses.push({ construct: "trigger", path })
  return uses
}

const isConstruct = (name: string): name is Construct => Object.hasOwn(not_run, name)

const conditionOf = ({ if: condition }: Task): string =>
  condition === undefined ? "" : `\${{${bareExpression(String(condition)) ?? ""}}}`

/** Where a definition uses what this version doesn't run. */
export const notRunIn = (definition: Definition): readonly Fault[] =>
  usesOf(definition).map(({ construct, path }) => {
    const message = `this version doesn't run ${not_run[construct]} yet: it can be pushed, but not started`
    return { path, message, on_key: true }
  })

/** Why a run of a plan can't start; undefined if it can. Plans name what they use in `constructs`. */
export const refusalOf = (constructs: readonly string[] | null | undefined): string | undefined => {
  const missing = (constructs ?? []).filter(isConstruct)
  if (missing.length === 0) return undefined
  return `This version doesn't run ${missing.map((construct) => not_run[construct]).join(", ")} yet.`
}
