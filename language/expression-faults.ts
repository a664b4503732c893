import type { Fault, Path } from "./fault.ts"
import { type Names, textFaults } from "./meaning.ts"
import { needsOf } from "./needs.ts"
import { upstreamIn } from "./upstream.ts"

type Mapping = Readonly<Record<string, unknown>>

/** Checks every expression of a definition, and names those in places where none is evaluated. */
export const expressionFaults = (definition: unknown): Fault[] => {
  if (!isMapping(definition)) return []
  const names = namesOf(definition)
  const faults: Fault[] = []
  for (const { text, path } of textsIn(definition)) {
    if (!text.includes("${{")) continue
    const place = placeOf(path, definition, names)
    if (place === "prose") continue
    if (place) faults.push(...textFaults({ text, path, ...place }, names))
    else
      faults.push({
        path,
        message: path.at(-1) === "code" ? not_in_code : "expressions are not evaluated here",
      })
  }
  return faults
}

/** A value put into the text of a program would be read as a part of it. */
const not_in_code =
  "expressions are not evaluated in code: its function is given `inputs`, `tasks` and `data`, whose values may be expressions"

type Place = { readonly task?: string; readonly env: readonly string[] }

/** Undefined where no expression is evaluated; prose may show one without meaning it. */
const placeOf = (path: Path, definition: Mapping, names: Names): Place | "prose" | undefined => {
  if (path.at(-1) === "description") return "prose"
  if (path[0] === "env") return { env: [] }
  if (path[0] === "concurrency" && path[1] === "key") return { env: [] }
  const [top, task, key] = path
  const tasks = mappingAt(definition, "tasks")
  if (top !== "tasks" || typeof task !== "string") return undefined
  if (key === "env") return { task, env: names.env }
  if (key !== "run" && key !== "with") return undefined
  if (key === "with" && path[3] === "code" && mappingAt(tasks, task).uses === "script") return undefined
  const own = keysOf(mappingAt(tasks, task).env)
  return { task, env: [...names.env, ...own] }
}

const namesOf = (definition: Mapping): Names => {
  const tasks = mappingAt(definition, "tasks")
  const graph = new Map(
    Object.entries(tasks).map(([name, task]) => [
      name,
      needsOf(task).filter((need): need is string => typeof need === "string" && Object.hasOwn(tasks, need)),
    ]),
  )
  return {
    inputs: keysOf(definition.inputs),
    env: keysOf(definition.env),
    tasks: new Map(Object.entries(tasks).map(([name, task]) => [name, outputsOf(task)])),
    upstream: upstreamIn(graph),
  }
}

const outputsOf = (task: unknown): readonly string[] | undefined => {
  if (!isMapping(task) || !Array.isArray(task.outputs)) return undefined
  return task.outputs.filter((name) => typeof name === "string")
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

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mappingAt = (value: Mapping, key: string): Mapping => {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined
  return isMapping(inner) ? inner : {}
}

const keysOf = (value: unknown): string[] => (isMapping(value) ? Object.keys(value) : [])
