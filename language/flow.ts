import { z } from "zod"
import { limits } from "./limits.ts"
import { fieldName, orExpression, positiveDuration, someText } from "./words.ts"

/** The values of a list, or the expression that yields them in the run. */
export const forEachSchema = orExpression(
  z.array(z.json()).min(1).max(limits.max_items),
  `a list of 1 to ${limits.max_items} values`,
)

const axis = orExpression(
  z.array(z.json()).min(1).max(limits.max_items),
  `a list of 1 to ${limits.max_items} values`,
)

const combinations = z.array(z.record(fieldName, z.json())).max(limits.max_items)

export const matrixSchema = z
  .object({
    include: combinations.optional().describe("Adds to the combinations that it fits, or is one more."),
    exclude: combinations.optional().describe("Takes away the combinations that have all these values."),
  })
  .catchall(axis)

export type Matrix = z.output<typeof matrixSchema>

export const cacheSchema = z.strictObject({
  key: someText("the key", 1_000).describe(
    "Runs of the task with the same key and the same task share a result.",
  ),
  ttl: positiveDuration("a time to live").optional().describe("How long a result is good; 7d when left out."),
})
