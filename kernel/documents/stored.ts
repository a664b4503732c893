import type { Collection, Condition, Document, Field, Query, Tally } from "./documents.ts"

/** A document as both stores keep it: its body as JSON text, and beside it what may be filtered by. */
export type Stored = {
  readonly id: string
  readonly version: number
  readonly body: string
  /** In the order in which the collection declares its fields. */
  readonly values: readonly (string | number | null)[]
}

const word = /^[a-z][a-z0-9_]{0,40}$/

export const checkCollection = ({ name, fields, indexes }: Collection): void => {
  const names = new Set(fields.map((field) => field.name))
  for (const given of [name, ...names]) {
    if (!word.test(given)) throw new Error(`${JSON.stringify(given)} can't name a collection or a field`)
  }
  if (names.has("id") || names.has("version")) throw new Error(`${name} declares what every document has`)
  for (const field of indexes.flat()) {
    if (!names.has(field)) throw new Error(`An index of ${name} is on ${field}, which is not declared`)
  }
}

/** What is longer would not fit an index. */
const max_compared_length = 512

/** No store keeps NUL or a lone surrogate in what it compares. */
const comparable = (text: string): string => {
  // Nearly all are: looking costs less than making another one.
  if (text.length <= max_compared_length && text.isWellFormed() && !text.includes("\0")) return text
  return text.slice(0, max_compared_length).toWellFormed().replaceAll("\0", "\ufffd")
}

const fieldValue = (document: Document, { name, type }: Field): string | number | null => {
  const value = Object.hasOwn(document, name) ? document[name] : undefined
  if (value === undefined || value === null) return null
  if (type === "text" && typeof value === "string") return comparable(value)
  if (type === "number" && typeof value === "number" && Number.isFinite(value)) return value
  throw new Error(`The field ${name} of ${document.id} is not a ${type}`)
}

/** One of each id, that of the highest version, in the order of the ids so that two writers can't deadlock. */
export const toStored = ({ fields }: Collection, documents: readonly Document[]): readonly Stored[] => {
  const newest = new Map<string, Document>()
  for (const document of documents) {
    const { id, version } = document
    if (id === "" || comparable(id) !== id) throw new Error(`${JSON.stringify(id)} can't be an id`)
    if (!Number.isSafeInteger(version)) throw new Error(`The version of ${id} is not a whole number`)
    const known = newest.get(id)
    if (!known || known.version < version) newest.set(id, document)
  }
  return [...newest.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((document) => ({
      id: document.id,
      version: document.version,
      body: JSON.stringify(document),
      values: fields.map((field) => fieldValue(document, field)),
    }))
}

export const fromBody = (body: string): Document => JSON.parse(body) as Document

export type Comparison = { readonly field: string; readonly type: Field["type"] } & (
  | { readonly operator: "eq" | "gt" | "gte" | "lt" | "lte"; readonly value: string | number }
  | { readonly operator: "in"; readonly values: readonly (string | number)[] }
)

const fieldOf = ({ name: collection, fields }: Collection, name: string): Field => {
  if (name === "id") return { name, type: "text" }
  const field = fields.find((declared) => declared.name === name)
  if (!field) throw new Error(`${collection} declares no field ${JSON.stringify(name)}`)
  return field
}

const bound = ({ name, type }: Field, value: unknown): string | number => {
  if (type === "text" && typeof value === "string") return comparable(value)
  if (type === "number" && typeof value === "number") return value
  throw new Error(`The field ${name} is compared with what is not a ${type}`)
}

const comparisonsOf = (field: Field, condition: Condition): readonly Comparison[] => {
  const { name, type } = field
  if (typeof condition !== "object")
    return [{ field: name, type, operator: "eq", value: bound(field, condition) }]
  if ("in" in condition) {
    const values = condition.in.map((value) => bound(field, value))
    return [{ field: name, type, operator: "in", values }]
  }
  const bounds = Object.entries(condition).filter(([, value]) => value !== undefined)
  return bounds.map(([operator, value]) => {
    if (operator !== "gt" && operator !== "gte" && operator !== "lt" && operator !== "lte") {
      throw new Error(`There is no comparison ${JSON.stringify(operator)}`)
    }
    return { field: name, type, operator, value: bound(field, value) }
  })
}

/** Refuses what isn't declared: nothing of a filter reaches a store unchecked. */
export const toComparisons = (collection: Collection, where: Query["where"]): readonly Comparison[] =>
  Object.entries(where).flatMap(([name, condition]) => comparisonsOf(fieldOf(collection, name), condition))

export const checkTally = (collection: Collection, { by, stretch, spread }: Tally): void => {
  for (const name of [...by, stretch.field, spread]) fieldOf(collection, name)
}

type Ordering = readonly (readonly [field: string, direction: "asc" | "desc"])[]

/** With `id` as the last, in the direction of the field before it, so that one index serves both. */
export const toOrdering = (collection: Collection, order: Query["order"]): Ordering => {
  for (const [name] of order) fieldOf(collection, name)
  const direction = order.at(-1)?.[1] ?? "asc"
  return order.some(([name]) => name === "id") ? order : [...order, ["id", direction]]
}

/** What `fields_only` answers. */
export const fromFields = (
  { fields }: Collection,
  { id, version, values }: Omit<Stored, "body">,
): Document => {
  const present = fields.flatMap(({ name }, index) => {
    const value = values[index]
    return value === null || value === undefined ? [] : [[name, value] as const]
  })
  return { id, version, ...Object.fromEntries(present) }
}
