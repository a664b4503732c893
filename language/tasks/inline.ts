import { z } from "zod"

const anything = z.record(z.string(), z.json())

/** Functions of the worker itself. */
export const inlineTypes = {
  noop: z.strictObject({}).describe("Does nothing and completes: a join or a milestone."),
  default: anything.describe("Completes with `ok: true`, whatever it is given."),
  compute: z
    .strictObject({ iterations: z.int().min(0).max(1_000_000_000).optional() })
    .describe("Keeps a processor busy."),
  transform: z
    .strictObject({
      data: z.json().optional(),
      operations: z.array(z.json()).max(20).optional(),
    })
    .describe("Applies operations to data, one after the other."),
  flaky: z
    .strictObject({ failure_rate: z.number().min(0).max(1) })
    .describe("Fails by chance: for trying retries."),
} as const
