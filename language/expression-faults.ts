import { type Check, checkWith } from "./cel.ts"
import type { Fault, Path } from "./fault.ts"
import { isMapping, keysOf, type Mapping, mappingAt } from "./mappings.ts"
import { type Names, textFaults } from "./meaning.ts"
import { placeOf } from "./places.ts"
import { entriesIn, graphOf } from "./sections.ts"
import { upstreamIn } from "./upstream.ts"

/** Checks every expression of a definition, and names those in places where none is evaluated. */
export const expressionFaults = (definition: unknown): Fault[] => {
  if (!isMapping(definition)) return []
  const faults: Fault[] = []
  let names: Names | undefined
  for (const { text, path } of textsIn(definition)) {
    const isTemplate = text.includes("${{")
    if (!isTemplate && path.at(-1) !== "if") continue
    const place = placeOf(path, definition)
    if (place === "prose" || (!isTemplate && place?.form !== "condition")) continue
    if (place) {
      names ??= namesOf(definition)
      faults.push(...textFaults({ text, path, place }, names))
    } else faults.push({ path, message: isCode(path) ? not_in_code : "expressions are not evaluated here" })
  }
  return faults
}

/** A value put into the text of a program would be read as a part of it. */
const not_in_code =
  "expressions are not evaluated in code: its function is given `inputs`, `tasks` and `data`, whose values may be expressions"

/** Of the places where none is evaluated. */
const isCode = ([, , key, field]: Path): boolean => key === "with" && field === "code"

const namesOf = (definition: Mapping): Names => {
  const entries = entriesIn({
    tasks: mappingAt(definition, "tasks"),
    on_failure: mappingAt(definition, "on_failure"),
    finally: mappingAt(definition, "finally"),
  })
  return {
    inputs: keysOf(definition.inputs),
    tasks: new Map(entries.map(({ name, task }) => [name, outputsOf(task)])),
    upstream: upstreamIn(graphOf(entries)),
    check: checkOf(definition),
  }
}

const outputsOf = (task: unknown): readonly string[] | undefined => {
  if (!isMapping(task) || !Array.isArray(task.outputs)) return undefined
  return task.outputs.filter((name) => typeof name === "string")
}

const types: Readonly<Record<string, string>> = {
  string: "string",
  integer: "int",
  boolean: "bool",
  object: "map<string, dyn>",
  array: "list<dyn>",
}

/** An input that may be null has no type that could be relied on, and a number may be whole or not. */
const checkOf = (definition: Mapping): Check => {
  const typed: Record<string, string> = {}
  for (const [name, input] of Object.entries(mappingAt(definition, "inputs"))) {
    const isAlwaysThere = isMapping(input) && (input.required === true || input.default !== undefined)
    const type = isAlwaysThere && typeof input.type === "string" ? types[input.type] : undefined
    if (/^[A-Za-z_]\w*$/.test(name)) typed[name] = type ?? "dyn"
  }
  return checkWith(typed)
}

const textsIn = (root: unknown): { text: string; path: Path }[] => {
  const found: { text: string; path: Path }[] = []
  const open: { value: unknown; path: Path }[] = [{ value: root, path: [] }]
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { value, path } = visit
    if (typeof value === "string") found.push({ text: value, path })
    if (typeof value !== "object" || value === null) continue
    for (const [key, inner] of Object.entries(value)) {
      open.push({ value: inner, path: [...path, Array.isArray(value) ? Number(key) : key] })
    }
  }
  return found
}
