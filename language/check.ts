import { boundFaults } from "./bounds.ts"
import { explain } from "./explain.ts"
import { expressionFaults } from "./expression-faults.ts"
import { type DefinitionError, describe, type Fault, type Path } from "./fault.ts"
import { declarationFaults } from "./inputs.ts"
import { limits } from "./limits.ts"
import { needsFaults, needsOf } from "./needs.ts"
import { type Definition, definitionSchema, type Input, inputSchema, taskSchema } from "./schema.ts"
import { isTaskType, laterTaskTypes, taskTypeNames, taskTypes } from "./task-types.ts"

export type Checked =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly errors: readonly DefinitionError[] }

/** Checks a definition that is an object already: the same rules as for a file, errors by path. */
export const checkDefinition = (value: unknown): Checked => {
  const found = findFaults(value)
  if (found.definition) return { ok: true, definition: found.definition }
  return { ok: false, errors: reported(found.faults).map(describe) }
}

/** All of them up to the bound; then one that says how many there are. */
export const reported = (faults: readonly Fault[]): readonly Fault[] => {
  if (faults.length <= limits.max_errors) return faults
  const more = `and ${faults.length - limits.max_errors} more problems`
  return [...faults.slice(0, limits.max_errors), { path: [], message: more }]
}

type Found = { readonly definition?: Definition; readonly faults: readonly Fault[] }

/** Every problem at once: each rule reads what is sound of the rest and skips what is not. */
export const findFaults = (value: unknown): Found => {
  const outOfBounds = boundFaults(value)
  if (outOfBounds.length > 0) return { faults: outOfBounds }
  const parsed = definitionSchema.safeParse(value)
  const faults = parsed.success ? [] : parsed.error.issues.flatMap((issue) => explain(issue, value))
  const tasks = record(record(value)?.tasks)
  if (tasks) {
    for (const [name, task] of Object.entries(tasks)) faults.push(...taskFaults(name, task))
    faults.push(...needsFaults(tasks))
  }
  faults.push(...expressionFaults(value), ...inputFaults(value))
  if (parsed.success && faults.length === 0) return { definition: parsed.data, faults }
  return { faults }
}

/** Only inputs whose own shape is right have defaults and enums that can be judged. */
const inputFaults = (value: unknown): Fault[] => {
  const inputs = Object.entries(record(record(value)?.inputs) ?? {})
  const sound: Record<string, Input> = {}
  for (const [name, given] of inputs) {
    const parsed = inputSchema.safeParse(given)
    if (parsed.success) sound[name] = parsed.data
  }
  return declarationFaults(sound)
}

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined

const taskFaults = (name: string, value: unknown): Fault[] => {
  const task = record(value)
  if (!task) return []
  const faults: Fault[] = []
  const path: Path = ["tasks", name]
  // The schema leaves out the values of keys that it refuses.
  if (!definitionSchema.shape.tasks.keyType.safeParse(name).success) {
    const parsed = taskSchema.safeParse(task)
    if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => explain(issue, task, path)))
  }
  if (task.when === "failure" && needsOf(task).length === 0) {
    const message = "`when: failure` without `needs` would never run: name the tasks it watches"
    faults.push({ path: [...path, "when"], message })
  }
  return [...faults, ...kindFaults(task, path)]
}

/** One of `run` and `uses`, and what goes with it. */
const kindFaults = (task: Readonly<Record<string, unknown>>, path: Path): Fault[] => {
  const { run, uses } = task
  if (run !== undefined && uses !== undefined) {
    return [{ path: [...path, "uses"], on_key: true, message: "a task has `run` or `uses`, not both" }]
  }
  if (run !== undefined) return runFaults(task, path)
  if (uses === undefined) return [{ path, on_key: true, message: "a task needs `run` or `uses`" }]
  if (typeof uses !== "string") return []
  if (isTaskType(uses)) {
    const given = task.with ?? {}
    const parsed = taskTypes[uses].safeParse(given)
    const base: Path = [...path, "with"]
    return parsed.success ? [] : parsed.error.issues.flatMap((issue) => explain(issue, given, base))
  }
  const known = taskTypeNames.map((type) => `\`${type}\``)
  const runs = `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`
  if (laterTaskTypes.has(uses)) {
    const message = `task type \`${uses}\` is not available in this version yet, which runs ${runs}`
    return [{ path: [...path, "uses"], message }]
  }
  const message = `unknown task type \`${uses.slice(0, 100)}\`; this version runs ${runs}`
  return [{ path: [...path, "uses"], message, word: uses, known: [...taskTypeNames, ...laterTaskTypes] }]
}

const runFaults = (task: Readonly<Record<string, unknown>>, path: Path): Fault[] => {
  const faults: Fault[] = []
  if (task.with !== undefined) {
    faults.push({ path: [...path, "with"], on_key: true, message: "`with` belongs to `uses`, not to `run`" })
  }
  if (typeof task.run !== "string") return faults
  const parsed = taskTypes.shell.safeParse({ run: task.run })
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => explain(issue, task, path)))
  return faults
}
