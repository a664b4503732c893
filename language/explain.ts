import { z } from "zod"
import type { Fault, Path } from "./fault.ts"
import { foreignWords } from "./foreign-words.ts"
import { hint } from "./hint.ts"

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

/** The value that was judged, by what, and where it stands. */
type Around = { readonly value: unknown; readonly schema: z.ZodType; readonly base?: Path }

/** What the schema found, in the author's words. */
export const explain = (issue: Issue, { value, schema, base = [] }: Around): Fault[] => {
  const own: Path = issue.path.map((part) => (typeof part === "number" ? part : String(part)))
  const path: Path = [...base, ...own]
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, own, value)
    return issue.keys.map((key) => unknownKey([...path, key], known))
  }
  if (issue.code === "invalid_key") {
    const foreign = foreignWords(String(own.at(-1)), [])
    return issue.issues.map(({ message }) => ({ path, message: foreign ?? message, on_key: true }))
  }
  const found = valueAt(value, issue.path)
  if (issue.code === "invalid_type") return [wrongType(issue.expected, found, path)]
  if (issue.code === "invalid_value") return [notListed(issue.values.map(String), found, path)]
  if (issue.code === "invalid_union" && isGeneric(issue.message))
    return [noneOf({ schema, own, path, found })]
  if (issue.code === "too_small" && isGeneric(issue.message)) {
    return [{ path, message: `must ${verb(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}` }]
  }
  if (issue.code === "too_big" && isGeneric(issue.message)) {
    return [{ path, message: `must ${verb(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}` }]
  }
  if (issue.code === "invalid_format" && isGeneric(issue.message))
    return [{ path, message: "is not written as it must be" }]
  return [{ path, message: issue.message }]
}

const isGeneric = (message: string): boolean => /^(?:Too |Invalid )/.test(message)

const units: Readonly<Record<string, string>> = { string: " characters", array: " values", record: " keys" }

const unit = (origin: string): string => units[origin] ?? ""

const verb = (origin: string): string => (unit(origin) === "" ? "be" : "have")

/** `expected` a kind of value; what an author most often means by another kind is said with it. */
const wrongType = (expected: string, found: unknown, path: Path): Fault => {
  const key = path.at(-1)
  const wanted = nouns[expected] ?? expected
  if (found === undefined && typeof key === "string") {
    return { path, message: `\`${key}\` is missing: it must be ${wanted}` }
  }
  return { path, message: `must be ${wanted}, not ${kindOf(found)}${hint({ expected, found, path })}` }
}

const notListed = (values: readonly string[], found: unknown, path: Path): Fault => {
  const key = path.at(-1)
  const choices = values.map((value) => `\`${value}\``).join(", ")
  if (found === undefined) return { path, message: `\`${key}\` is missing: it is one of ${choices}` }
  const message = `must be one of ${choices}`
  return typeof found === "string" ? { path, message, word: found, known: values } : { path, message }
}

type Unmatched = {
  readonly schema: z.ZodType
  readonly own: Path
  readonly path: Path
  readonly found: unknown
}

/** What a union tells its choices apart by is missing or none of them. */
const noneOf = ({ schema, own, path, found }: Unmatched): Fault => {
  const isAtKey = own.at(-1) === "type"
  const union = schemasAt(schema, isAtKey ? own.slice(0, -1) : own, undefined).find(
    (one) => one instanceof z.ZodDiscriminatedUnion,
  )
  if (!union) return { path, message: "has no form that is known here" }
  const types = union.options.flatMap((option) => {
    const type = option instanceof z.ZodObject ? option.shape.type : undefined
    return type instanceof z.ZodLiteral ? [...type.values].map(String) : []
  })
  return notListed(types, isAtKey ? found : undefined, isAtKey ? path : [...path, "type"])
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

/** The schemas that a value at this place may have. */
const schemasAt = (schema: z.ZodType, path: Path, value: unknown): readonly z.ZodType[] => {
  let open: readonly z.ZodType[] = plain(schema)
  let current = value
  for (const part of path) {
    current = valueAt(current, [part])
    open = open.flatMap((one) => inside(one, part)).flatMap(plain)
  }
  return open
}

const plain = (schema: unknown): readonly z.ZodType[] => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodLazy) return plain(schema.unwrap())
  return schema instanceof z.ZodType ? [schema] : []
}

const inside = (schema: z.ZodType, part: string | number): readonly unknown[] => {
  if (schema instanceof z.ZodObject) return [schema.shape[part] ?? schema.def.catchall]
  if (schema instanceof z.ZodRecord) return [schema.valueType]
  if (schema instanceof z.ZodArray) return [schema.element]
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((one) => plain(one).flatMap((each) => inside(each, part)))
  return []
}

/** The keys that a mapping there has; of several forms, those of the one that it says it is. */
const keysAt = (schema: z.ZodType, path: Path, value: unknown): readonly string[] => {
  const type = valueAt(value, [...path, "type"])
  const forms = schemasAt(schema, path, value).flatMap((one) =>
    one instanceof z.ZodUnion ? one.options.flatMap(plain) : [one],
  )
  const shapes = forms.flatMap((form) => (form instanceof z.ZodObject ? [form.shape] : []))
  const own = shapes.filter(({ type: tag }) => tag instanceof z.ZodLiteral && tag.values.has(String(type)))
  return (own.length > 0 ? own : shapes).flatMap(Object.keys)
}

const unknownKey = (path: Path, known: readonly string[]): Fault => {
  const key = String(path.at(-1))
  const message = `unknown key \`${key.slice(0, 100)}\``
  const meant = foreignWords(key, known)
  if (meant !== undefined) return { path, on_key: true, message: `${message}; ${meant}` }
  return { path, on_key: true, message, word: key, known }
}
