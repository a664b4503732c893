import { canonicalJson } from "./canonical-json.ts"
import type { Fault, Path } from "./fault.ts"
import type { Fragment } from "./fragment.ts"
import { isMapping } from "./mappings.ts"

type Type = NonNullable<Fragment["type"]>

export const articles: Readonly<Record<Type, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "a mapping (JSON)",
  array: "a list (JSON)",
  null: "null",
}

export const fits = (type: Type, value: unknown): boolean => {
  if (type === "null") return value === null
  if (type === "integer") return Number.isSafeInteger(value)
  if (type === "number") return typeof value === "number" && Number.isFinite(value)
  if (type === "array") return Array.isArray(value)
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value)
  return typeof value === type
}

const max_faults = 20

type Visit = { readonly fragment: Fragment; readonly value: unknown; readonly path: Path }

/** How a value differs from what its schema says; walks without recursion and stops after some. */
export const misfits = (fragment: Fragment, value: unknown, path: Path = []): Fault[] => {
  const faults: Fault[] = []
  const open: Visit[] = [{ fragment, value, path }]
  for (let visit = open.pop(); visit && faults.length < max_faults; visit = open.pop()) {
    const fault = ownFault(visit.fragment, visit.value)
    if (fault) faults.push({ path: visit.path, ...fault })
    else if (Array.isArray(visit.value)) enterList(visit, visit.value, open)
    else if (isMapping(visit.value)) enterMapping(visit, visit.value, { open, faults })
  }
  return faults
}

const ownFault = (fragment: Fragment, value: unknown): Omit<Fault, "path"> | undefined => {
  const { type } = fragment
  if (type !== undefined && !fits(type, value)) return { message: `must be ${articles[type]}` }
  if (fragment.enum) return enumFault(fragment.enum, value)
  const message = boundFault(fragment, value)
  return message === undefined ? undefined : { message }
}

const enumFault = (allowed: readonly unknown[], value: unknown): Omit<Fault, "path"> | undefined => {
  const text = canonicalJson(value)
  if (allowed.some((one) => canonicalJson(one) === text)) return undefined
  const choices = allowed.map((one) => (typeof one === "string" ? one : canonicalJson(one)))
  const message = `must be one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`
  return typeof value === "string" ? { message, word: value, known: choices } : { message }
}

const boundFault = (fragment: Fragment, value: unknown): string | undefined => {
  if (typeof value === "number") return outside(value, fragment.minimum, fragment.maximum, "")
  if (typeof value === "string") {
    const size = outside([...value].length, fragment.minLength, fragment.maxLength, " characters")
    return size ?? formatFault(fragment.format, value)
  }
  if (!Array.isArray(value)) return undefined
  const size = outside(value.length, fragment.minItems, fragment.maxItems, " values")
  if (size !== undefined || fragment.uniqueItems !== true) return size
  return new Set(value.map(canonicalJson)).size < value.length ? "has a value twice" : undefined
}

const outside = (
  size: number,
  minimum: number | undefined,
  ...[maximum, unit]: [number | undefined, string]
): string | undefined => {
  const verb = unit === "" ? "must be" : "must have"
  if (minimum !== undefined && size < minimum) return `${verb} at least ${minimum}${unit}`
  return maximum !== undefined && size > maximum ? `${verb} at most ${maximum}${unit}` : undefined
}

const formats: Readonly<Record<NonNullable<Fragment["format"]>, readonly [RegExp, string]>> = {
  date: [/^\d{4}-\d{2}-\d{2}$/, "a date like 2026-01-31"],
  "date-time": [/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/, "a time like 2026-01-31T09:00:00Z"],
  email: [/^[^\s@]{1,64}@[^\s@]{1,255}$/, "an email address"],
  uri: [/^[A-Za-z][A-Za-z0-9+.-]{0,30}:\S+$/, "a URI"],
  uuid: [/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "a UUID"],
}

const formatFault = (format: Fragment["format"], value: string): string | undefined => {
  if (format === undefined) return undefined
  const [shape, words] = formats[format]
  const isTime = format === "date" || format === "date-time"
  if (shape.test(value) && !(isTime && Number.isNaN(Date.parse(value)))) return undefined
  return `must be ${words}`
}

const enterList = ({ fragment, path }: Visit, value: readonly unknown[], open: Visit[]): void => {
  const { items } = fragment
  if (!items) return
  for (const [index, item] of value.entries())
    open.push({ fragment: items, value: item, path: [...path, index] })
}

type Walk = { readonly open: Visit[]; readonly faults: Fault[] }

const enterMapping = (
  { fragment, path }: Visit,
  value: Readonly<Record<string, unknown>>,
  { open, faults }: Walk,
): void => {
  const known = Object.keys(fragment.properties ?? {})
  for (const name of fragment.required ?? []) {
    if (!Object.hasOwn(value, name)) faults.push({ path, message: `\`${name}\` is missing` })
  }
  for (const [name, inner] of Object.entries(value)) {
    const property = known.includes(name) ? fragment.properties?.[name] : undefined
    if (property) open.push({ fragment: property, value: inner, path: [...path, name] })
    else if (fragment.additionalProperties === false) {
      faults.push({
        path: [...path, name],
        message: `unknown key \`${name.slice(0, 100)}\``,
        word: name,
        known,
      })
    }
  }
}
