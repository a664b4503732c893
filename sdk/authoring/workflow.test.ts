import { expect, test } from "bun:test"
import { expr, workflow, z } from "../index.ts"
import { placeOf } from "./place.ts"

test("an expression around values has them as literals, whatever they hold", () => {
  const flow = workflow("quoted").task("one", ({ inputs, run, trigger }) => ({
    if: expr`${run.id} == ${'a" || true || "'} || ${expr`${run.version} + 1`} > ${2} || ${trigger["a-b"]} == ${null}`,
    run: `echo ${(inputs as unknown as Record<string, unknown>)["x y"]}`,
  }))
  expect(flow.definition()).toMatchObject({
    tasks: {
      one: {
        if: '${{ run.id == "a\\" || true || \\"" || (run.version + 1) > 2 || trigger["a-b"] == null }}',
        run: 'echo ${{ inputs["x y"] }}',
      },
    },
  })
})

test("a step leaves the workflow before it as it was", () => {
  const begun = workflow("steps").task("one", { run: "true" })
  const [left, right] = [begun.task("left", { run: "true" }), begun.task("right", { run: "true" })]
  expect([begun, left, right].map((flow) => Object.keys(flow.definition().tasks as object))).toEqual([
    ["one"],
    ["one", "left"],
    ["one", "right"],
  ])
})

test("inputs of zod become those of a file", () => {
  const flow = workflow("inputs").input(
    z.object({
      day: z.iso.date().describe("Which day."),
      count: z.int(),
      share: z.number().min(0).max(1).optional(),
      kind: z.enum(["a", "b"]).default("a"),
      nested: z.object({ on: z.boolean() }).optional(),
    }),
  )
  expect(flow.definition().inputs).toEqual({
    day: { type: "string", format: "date", description: "Which day.", required: true },
    count: { type: "integer", required: true },
    share: { type: "number", minimum: 0, maximum: 1 },
    kind: { type: "string", enum: ["a", "b"], default: "a" },
    nested: { type: "object", properties: { on: { type: "boolean" } }, required: ["on"] },
  })
})

test("what no workflow can hold is named", () => {
  const flow = workflow("values")
  const wrong = (data: unknown) => () =>
    flow.task("one", { uses: "script", with: { code: "x", data: data as string } })
  expect(wrong(new Date())).toThrow("tasks.one.with.data is a Date, which a workflow can't hold")
  expect(wrong([() => 1])).toThrow("tasks.one.with.data[0] is a function")
  expect(wrong({ a: 1n })).toThrow("tasks.one.with.data.a is a bigint")
})

test("each part knows where it was written", () => {
  const flow = workflow("places").task("one", { run: "true" })
  const { line = 0, file } = flow.places.get("tasks.one") ?? {}
  expect(file).toEndWith("workflow.test.ts")
  expect(line).toBeGreaterThan(50)
})

test("names that objects have already are names like others", () => {
  const flow = workflow("names").task("constructor", { run: "true" } as never)
  expect(Object.keys(flow.definition().tasks as object)).toEqual(["constructor"])
})

test("what isn't known before the run isn't decided by", () => {
  const flow = workflow("early").input({ count: { type: "integer" }, shops: { type: "array" } })
  const compare = () => flow.task("one", ({ inputs }) => ({ run: Number(inputs.count) > 1 ? "a" : "b" }))
  expect(compare).toThrow("`inputs.count` has no value before the run: compare and count in expr`…`")
  const loop = () => flow.task("one", ({ inputs }) => ({ run: [...(inputs.shops as never)].join(" ") }))
  expect(loop).toThrow(
    "`inputs.shops` has no value before the run: a task for each of its values is `each(…)`",
  )
})

test("a fault is told where the author wrote it", () => {
  try {
    workflow("values").task("one", { run: new Date() as never })
    expect.unreachable()
  } catch (error) {
    expect(placeOf(error as Error)?.file).toEndWith("workflow.test.ts")
  }
})
