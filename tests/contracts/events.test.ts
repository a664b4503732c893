import { describe, expect, test } from "bun:test"
import { z } from "zod"
import { eventSchemas } from "#deploy/contract/events.ts"
import { brokenPromises } from "#deploy/contract/narrowing.ts"
import { catalogue } from "#kernel/events/catalogue.ts"
import { event_types } from "#language/event-types.ts"
import { runMoves } from "#services/scheduler/run/moves.ts"
import kept from "./events.json" with { type: "json" }

test("events keep what their readers rely on", () => {
  expect(brokenPromises(kept, eventSchemas())).toEqual([])
})

test("a workflow completes in each of the states in which a run ends", () => {
  const { status } = catalogue["workflow.completed"].data.shape
  expect(new Set<string>(status.options)).toEqual(new Set<string>(runMoves.terminal))
})

test("runs can begin at every event that is told with its workspace, and at no other", () => {
  const told = Object.entries(catalogue).filter(([, { data }]) => "workspace_id" in data.shape)
  expect(event_types.toSorted()).toEqual(
    told.map(([name]) => name as (typeof event_types)[number]).toSorted(),
  )
})

test("the names of events are nouns with something that happened", () => {
  for (const name of Object.keys(catalogue)) expect(name).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
})

describe("a change of an event", () => {
  const before = z.object({
    id: z.uuid(),
    status: z.enum(["done", "failed"]),
    reason: z.string().nullable(),
    note: z.string().optional(),
    parts: z.array(z.object({ size: z.int() })),
  })
  const losses = (after: z.ZodType) =>
    brokenPromises(
      { "thing.done": z.toJSONSchema(before, { io: "input" }) },
      { "thing.done": z.toJSONSchema(after, { io: "input" }) },
    )

  const additions: readonly [string, z.ZodType][] = [
    ["nothing", before],
    ["an optional field", before.extend({ more: z.string().optional() })],
    ["a value", before.extend({ status: z.enum(["done", "failed", "late"]) })],
    ["a remark", before.extend({ id: z.uuid().describe("Whose") })],
    [
      "an optional field further in",
      before.extend({
        parts: z.array(z.object({ size: z.int(), unit: z.string().optional() })),
      }),
    ],
  ]
  test.each(additions)("may add %s", (_, after) => {
    expect(losses(after)).toEqual([])
  })

  const narrowed: readonly [string, z.ZodType][] = [
    ["take a field away", before.omit({ note: true })],
    ["take a value away", before.extend({ status: z.enum(["done"]) })],
    ["change a type", before.extend({ reason: z.int().nullable() })],
    ["change a format", before.extend({ id: z.string() })],
    ["forbid null", before.extend({ reason: z.string() })],
    ["allow null", before.extend({ id: z.uuid().nullable() })],
    ["bound a text", before.extend({ note: z.string().max(5).optional() })],
    ["bound to values", before.extend({ note: z.enum(["a"]).optional() })],
    ["require an optional field", before.extend({ note: z.string() })],
    ["require a new field", before.extend({ more: z.string() })],
    ["leave a required field out", before.partial({ id: true })],
    ["narrow further in", before.extend({ parts: z.array(z.object({ size: z.int().max(3) })) })],
  ]
  test.each(narrowed)("may not %s", (_, after) => {
    expect(losses(after)).not.toEqual([])
  })

  test("may not remove the event", () => {
    expect(brokenPromises({ "thing.done": {} }, {})).toEqual(["thing.done was removed"])
  })
})
