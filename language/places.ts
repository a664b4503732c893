import type { Root } from "./cel.ts"
import type { Path } from "./fault.ts"
import { isMapping, keysOf, type Mapping, mappingAt } from "./mappings.ts"
import { sections } from "./sections.ts"
import { waitTypes } from "./tasks/wait.ts"

/** How a text stands for expressions, and what they may read. */
export type Place = {
  readonly task?: string
  readonly roots: ReadonlySet<Root>
  readonly env: readonly string[]
  readonly secrets: readonly string[]
  readonly axes?: readonly string[]
  /** Of a task that no worker runs: what it waits for is shown to everybody. */
  readonly is_wait?: boolean
  readonly knows_time: boolean
  /** A template has `${{ }}` anywhere; the others are one expression each. */
  readonly form: "template" | "condition" | "list"
}

const of = (form: Place["form"], roots: readonly Root[], more: Partial<Place> = {}): Place => ({
  ...{ form, roots: new Set(roots), env: [], secrets: [], knows_time: true },
  ...more,
})

/** Undefined where no expression is evaluated; prose may show one without meaning it. */
export const placeOf = (path: Path, definition: Mapping): Place | "prose" | undefined => {
  const [top, second, third] = path
  if (path.at(-1) === "description") return "prose"
  const env = keysOf(definition.env)
  if (top === "env") return of("template", ["inputs", "run", "trigger"])
  if (top === "outputs")
    return of("template", ["inputs", "env", "tasks", "run", "trigger"], { env, task: "" })
  if (top === "concurrency" && second === "key") {
    return of("template", ["inputs", "run", "trigger"], { knows_time: false })
  }
  if (top === "inputs" && third === "default") return of("template", [])
  if ((top === "schedule" || top === "triggers") && third === "inputs") return of("template", ["trigger"])
  if (top === "triggers" && third === "if") return of("condition", ["trigger"])
  const section = sections.find((one) => one === top)
  if (section === undefined || typeof second !== "string") return undefined
  return taskPlace(path, { name: second, task: mappingAt(mappingAt(definition, section), second), env })
}

type Own = { readonly name: string; readonly task: Mapping; readonly env: readonly string[] }

const before: readonly Root[] = ["inputs", "env", "tasks", "run", "trigger"]

const taskPlace = (path: Path, { name, task, env }: Own): Place | undefined => {
  const [, , key, field] = path
  const whole = { task: name, env }
  if (key === "if") return of("condition", before, whole)
  // Items are known before any of them runs; a list may have expressions in its texts.
  if (key === "for_each") return of(path.length === 3 ? "list" : "template", before, whole)
  if (key === "matrix") {
    const isAxis = path.length === 4 && field !== "include" && field !== "exclude"
    return of(isAxis ? "list" : "template", before, whole)
  }
  const item = itemRoots(task)
  const own = { ...whole, ...(item.axes && { axes: item.axes }) }
  if (key === "cache" && field === "key") return of("template", [...before, ...item.roots], own)
  // Its worker is given them beside all that: they are nothing to be kept with what it is called with.
  const isFunction = task.uses === "function"
  const is_wait = typeof task.uses === "string" && Object.hasOwn(waitTypes, task.uses)
  const secrets = Array.isArray(task.secrets) ? task.secrets.filter((one) => typeof one === "string") : []
  const roots: Root[] = [...before, ...item.roots, ...(isFunction || is_wait ? [] : (["secrets"] as const))]
  if (key === "env") return of("template", roots, { ...own, secrets })
  if (key !== "run" && key !== "with") return undefined
  if (key === "with" && field === "code" && task.uses === "script") return undefined
  return of("template", roots, { ...own, is_wait, secrets, env: [...env, ...keysOf(task.env)] })
}

const itemRoots = (task: Mapping): { readonly roots: readonly Root[]; readonly axes?: readonly string[] } => {
  if (task.for_each !== undefined) return { roots: ["item", "index"] }
  if (!isMapping(task.matrix)) return { roots: [] }
  const included = Array.isArray(task.matrix.include) ? task.matrix.include.flatMap(keysOf) : []
  const axes = keysOf(task.matrix).filter((name) => name !== "include" && name !== "exclude")
  return { roots: ["item", "matrix", "index"], axes: [...new Set([...axes, ...included])] }
}
