import { boundFaults } from "./bounds.ts"
import { notRunIn } from "./constructs.ts"
import { explain } from "./explain.ts"
import { expressionFaults } from "./expression-faults.ts"
import { type DefinitionError, describe, type Fault } from "./fault.ts"
import { fileFaults } from "./files.ts"
import { declarationFaults } from "./inputs.ts"
import { limits } from "./limits.ts"
import { isMapping, type Mapping, mappingAt } from "./mappings.ts"
import { needsFaults } from "./needs.ts"
import { type Definition, definitionSchema, type Input, inputSchema } from "./schema.ts"
import { entriesIn, type Section, sections } from "./sections.ts"
import { startFaults } from "./start-faults.ts"
import { repeatFaults, taskFaults } from "./task-faults.ts"

export type Checked =
  | {
      readonly ok: true
      readonly definition: Definition
      /** What is right, and yet not what this version does. */
      readonly notes?: readonly DefinitionError[]
    }
  | { readonly ok: false; readonly errors: readonly DefinitionError[] }

/** Checks a definition that is an object already: the same rules as for a file, errors by path. */
export const checkDefinition = (value: unknown): Checked => {
  const found = findFaults(value)
  if (found.definition) {
    const notes = notRunIn(found.definition).map(describe)
    return { ok: true, definition: found.definition, ...(notes.length > 0 && { notes }) }
  }
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
  const faults = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => explain(issue, { value, schema: definitionSchema }))
  const definition = isMapping(value) ? value : {}
  faults.push(...graphFaults(definition), ...expressionFaults(value))
  const inputs = soundInputs(definition)
  faults.push(...declarationFaults(inputs), ...startFaults(definition, inputs), ...fileFaults(definition))
  if (parsed.success && faults.length === 0) return { definition: parsed.data, faults }
  return { faults }
}

const graphFaults = (definition: Mapping): Fault[] => {
  if (!isMapping(definition.tasks)) return []
  const faults: Fault[] = []
  const seen = new Map<string, Section>()
  for (const section of sections) {
    for (const [name, task] of Object.entries(mappingAt(definition, section))) {
      const first = seen.get(name)
      if (first)
        faults.push({
          path: [section, name],
          on_key: true,
          message: `\`${first}\` has a task \`${name}\` already`,
        })
      else seen.set(name, section)
      faults.push(...taskFaults({ section, name, task }, definition))
    }
  }
  const entries = entriesIn({
    tasks: mappingAt(definition, "tasks"),
    on_failure: mappingAt(definition, "on_failure"),
    finally: mappingAt(definition, "finally"),
  })
  return [...faults, ...needsFaults(entries), ...repeatFaults(entries)]
}

/** Only inputs whose own shape is right have defaults and enums that can be judged. */
const soundInputs = (definition: Mapping): Readonly<Record<string, Input>> => {
  const sound: Record<string, Input> = {}
  for (const [name, given] of Object.entries(mappingAt(definition, "inputs"))) {
    const parsed = inputSchema.safeParse(given)
    if (parsed.success) sound[name] = parsed.data
  }
  return sound
}
