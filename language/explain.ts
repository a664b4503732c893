import type { z } from "zod"
import type { Fault, Path } from "./fault.ts"
import { scheduleSchema } from "./schedule.ts"
import { definitionSchema, laterKeys, taskSchema } from "./schema.ts"

type Issue = z.core.$ZodIssue

const nouns: Readonly<Record<string, string>> = {
  string: "text",
  record: "a mapping of names to values",
  object: "a mapping of names to values",
  array: "a list",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
}

/** What the schema found, in the author's words. */
export const explain = (issue: Issue, value: unknown, base: Path = []): Fault[] => {
  const path: Path = [...base, ...issue.path.map((part) => (typeof part === "number" ? part : String(part)))]
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key]))
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path, message, on_key: true }))
  }
  const found = valueAt(value, issue.path)
  if (issue.code === "invalid_type") return [wrongType(issue.expected, found, path)]
  if (issue.code === "invalid_value") return [notListed(issue.values.map(String), found, path)]
  if (issue.code === "too_small" && isGeneric(issue.message)) {
    return [{ path, message: `must be at least ${issue.minimum}` }]
  }
  if (issue.code === "too_big" && isGeneric(issue.message)) {
    return [{ path, message: `must be at most ${issue.maximum}` }]
  }
  return [{ path, message: issue.message }]
}

const isGeneric = (message: string): boolean => message.startsWith("Too ")

const wrongType = (expected: string, found: unknown, path: Path): Fault => {
  const key = path.at(-1)
  const wanted = nouns[expected] ?? expected
  if (found === undefined && typeof key === "string") {
    return { path, message: `\`${key}\` is missing: it must be ${wanted}` }
  }
  return { path, message: `must be ${wanted}, not ${kindOf(found)}` }
}

const notListed = (values: readonly string[], found: unknown, path: Path): Fault => {
  const key = path.at(-1)
  const choices = values.map((value) => `\`${value}\``).join(", ")
  if (found === undefined) return { path, message: `\`${key}\` is missing: it is one of ${choices}` }
  const message = `must be one of ${choices}`
  return typeof found === "string" ? { path, message, word: found, known: values } : { path, message }
}

const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return "empty"
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object") return "a mapping"
  return typeof value === "string" ? "text" : `the ${typeof value} ${String(value).slice(0, 40)}`
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => {
  let current = value
  for (const part of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, part)) return undefined
    current = Reflect.get(current, part)
  }
  return current
}

const inputKeys = Object.keys(definitionSchema.shape.inputs.unwrap().valueType.shape)
const scheduleKeys = Object.keys(scheduleSchema.shape)
const retryKeys = Object.keys(taskSchema.shape.retries.unwrap().shape)

const keysAt = (path: Path): readonly string[] => {
  if (path.length === 1) return Object.keys(definitionSchema.shape)
  if (path[0] === "inputs" && path.length === 3) return inputKeys
  if (path[0] === "schedule" && path.length === 3) return scheduleKeys
  if (path[0] !== "tasks") return []
  if (path.length === 3) return Object.keys(taskSchema.shape)
  return path[2] === "retries" ? retryKeys : []
}

const unknownKey = (path: Path): Fault => {
  const key = String(path.at(-1))
  const later = path.length === 1 ? laterKeys.definition : path[0] === "tasks" && laterKeys.task
  if (later && (path.length === 1 || path.length === 3) && later.has(key)) {
    return { path, on_key: true, message: `\`${key}\` is not available in this version yet` }
  }
  return {
    path,
    on_key: true,
    message: `unknown key \`${key.slice(0, 100)}\``,
    word: key,
    known: keysAt(path),
  }
}
