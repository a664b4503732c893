import { z } from "zod"
import { definitionSchema } from "./schema.ts"
import { sections } from "./sections.ts"
import { taskTypes } from "./task-types.ts"

/** A keyword of JSON Schema; written out, an object with this key looks like a promise. */
const consequence = "then"

type Json = Record<string, unknown>

const options = { io: "input", target: "draft-2020-12", unrepresentable: "any" } as const

/** The published JSON Schema, for completion and checks in editors. */
export const jsonSchema = (): Json => {
  const { $defs: definitions, ...schema } = published(definitionSchema)
  const types = Object.entries(taskTypes).map(([type, inner]) => {
    const { $schema: _, $defs: __, ...given } = published(inner)
    return {
      if: { properties: { uses: { const: type } }, required: ["uses"] },
      [consequence]: { properties: { with: given } },
    }
  })
  const properties = recordAt(schema, "properties")
  const task = recordAt(recordAt(properties, "tasks"), "additionalProperties")
  const uses = { ...recordAt(recordAt(task, "properties"), "uses"), enum: Object.keys(taskTypes) }
  const mappings = sections.map((section) => [
    section,
    { ...recordAt(properties, section), additionalProperties: { $ref: "#/$defs/Task" } },
  ])
  return {
    ...schema,
    title: "wf workflow",
    description: "A workflow of wf.",
    properties: { ...properties, ...Object.fromEntries(mappings) },
    $defs: {
      ...(isRecord(definitions) && definitions),
      Task: {
        ...task,
        properties: { ...recordAt(task, "properties"), uses },
        oneOf: [{ required: ["run"] }, { required: ["uses"] }],
        allOf: types,
      },
    },
  }
}

const published = (schema: z.ZodType): Json => {
  const { $defs = {}, ...rest } = z.toJSONSchema(schema, options)
  const named = Object.fromEntries(Object.entries($defs).filter(([name]) => !isNumbered(name)))
  const found = inlined(Object.keys(named).length > 0 ? { ...rest, $defs: named } : rest, $defs)
  if (!isRecord(found)) throw new Error("A schema has become something else.")
  return found
}

const isNumbered = (name: string): boolean => name.startsWith("__schema")

/** Numbered definitions differ from conversion to conversion: they stand for any JSON, or for a named one. */
const inlined = (value: unknown, definitions: Json): unknown => {
  if (Array.isArray(value)) return value.map((item) => inlined(item, definitions))
  if (!isRecord(value)) return value
  const { $ref, ...rest } = value
  const name = typeof $ref === "string" ? $ref.replace("#/$defs/", "") : ""
  if (!isNumbered(name)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inlined(inner, definitions)]))
  }
  const meant = recordAt(definitions, name)
  return { ...("$ref" in meant && { $ref: meant.$ref }), ...rest }
}

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const recordAt = (value: Json, key: string): Json => {
  const inner = value[key]
  if (!isRecord(inner)) throw new Error(`The schema has no ${key} any more.`)
  return inner
}
