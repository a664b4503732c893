import { z } from "zod"
import { definitionSchema } from "./schema.ts"
import { taskTypes } from "./task-types.ts"

/** A keyword of JSON Schema; written out, an object with this key looks like a promise. */
const consequence = "then"

/** The published JSON Schema, for completion and checks in editors. */
export const jsonSchema = (): Record<string, unknown> => {
  const schema = z.toJSONSchema(definitionSchema, {
    io: "input",
    target: "draft-2020-12",
    unrepresentable: "any",
  })
  const types = Object.entries(taskTypes).map(([type, inner]) => ({
    if: { properties: { uses: { const: type } }, required: ["uses"] },
    [consequence]: { properties: { with: withoutMeta(z.toJSONSchema(inner, { io: "input" })) } },
  }))
  const tasks = schema.properties?.tasks
  if (typeof tasks !== "object" || typeof tasks.additionalProperties !== "object") {
    throw new Error("The schema of a task has moved.")
  }
  const task = {
    ...tasks.additionalProperties,
    oneOf: [{ required: ["run"] }, { required: ["uses"] }],
    allOf: types,
  }
  return {
    ...schema,
    title: "wf workflow",
    properties: { ...schema.properties, tasks: { ...tasks, minProperties: 1, additionalProperties: task } },
  }
}

const withoutMeta = ({ $schema: _, ...schema }: Record<string, unknown>): Record<string, unknown> => schema
