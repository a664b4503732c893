type Schema = { readonly [keyword: string]: unknown }

export type Schemas = Readonly<Record<string, unknown>>

/** Keywords that say nothing about which values are allowed. */
const remarks: ReadonlySet<string> = new Set(["$schema", "title", "description", "examples"])

/** Keywords whose values are compared by what they mean. */
const structural: ReadonlySet<string> = new Set(["properties", "required", "enum", "items", "anyOf"])

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null

const schemaAt = (schema: Schema, keyword: string): Schema => {
  const value = schema[keyword]
  return isSchema(value) ? value : {}
}

const namesAt = (schema: Schema, keyword: string): readonly string[] => {
  const value = schema[keyword]
  return Array.isArray(value) ? value.map(String) : []
}

const fieldNarrowings = (before: Schema, after: Schema, place: string): readonly string[] => {
  const was = schemaAt(before, "properties")
  const is = schemaAt(after, "properties")
  const was_required = namesAt(before, "required")
  const is_required = namesAt(after, "required")
  return [
    ...Object.entries(was).flatMap(([name, schema]) =>
      name in is ? narrowings(schema, is[name], `${place}.${name}`) : [`${place}.${name} was removed`],
    ),
    ...was_required
      .filter((name) => name in is && !is_required.includes(name))
      .map((name) => `${place}.${name} may now be missing, and readers rely on it`),
    ...is_required
      .filter((name) => !was_required.includes(name))
      .map((name) => `${place}.${name} is required now, and events that were published before lack it`),
  ]
}

const keywordNarrowings = (before: Schema, after: Schema, place: string): readonly string[] => {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keywords
    .filter((keyword) => !remarks.has(keyword) && !structural.has(keyword))
    .filter((keyword) => !Bun.deepEquals(before[keyword], after[keyword]))
    .map((keyword) => `${place}: ${keyword} was ${shown(before[keyword])} and is ${shown(after[keyword])}`)
}

const shown = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value))

const enumNarrowings = (before: Schema, after: Schema, place: string): readonly string[] => {
  const is = namesAt(after, "enum")
  if (!("enum" in before) && "enum" in after) return [`${place} takes fewer values than before`]
  return namesAt(before, "enum")
    .filter((value) => !is.includes(value))
    .map((value) => `${place} can't be ${value} any more`)
}

const variantNarrowings = (before: Schema, after: Schema, place: string): readonly string[] => {
  const was = schemaAt(before, "anyOf")
  const is = schemaAt(after, "anyOf")
  if (Object.keys(was).length !== Object.keys(is).length) return [`${place} has other variants than before`]
  return Object.entries(was).flatMap(([index, schema]) => narrowings(schema, is[index], place))
}

/** What of a JSON Schema was taken away or made narrower; empty when there are additions at most. */
const narrowings = (before: unknown, after: unknown, place: string): readonly string[] => {
  if (!isSchema(before) || !isSchema(after)) return []
  return [
    ...keywordNarrowings(before, after, place),
    ...fieldNarrowings(before, after, place),
    ...enumNarrowings(before, after, place),
    ...variantNarrowings(before, after, place),
    ...narrowings(before.items, after.items, `${place}[]`),
  ]
}

/** What readers of the kept schemas can't rely on any more. */
export const brokenPromises = (kept: Schemas, now: Schemas): readonly string[] =>
  Object.entries(kept).flatMap(([name, schema]) =>
    name in now ? narrowings(schema, now[name], name) : [`${name} was removed`],
  )
