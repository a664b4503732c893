import { expect, test } from "bun:test"
import { calls, each, expr, type WorkContext, workflow, z } from "../index.ts"
import type { Yields } from "./ref.ts"

/** Compiles if the reference is of just this type. */
const is =
  <Value>() =>
  <Actual>(
    _: Yields<Actual> & ([Actual] extends [Value] ? ([Value] extends [Actual] ? unknown : never) : never),
  ) =>
    ""

test("outputs are typed from task to task", () => {
  const flow = workflow("typed", { secrets: ["TOKEN"] })
    .input({
      day: { type: "string" },
      shops: { type: "array", items: { type: "string" } },
      count: { type: "integer" },
    })
    .task("extract", ({ inputs }) => ({
      run: `./extract.sh ${inputs.day}${is<string>()(inputs.day)}`,
      outputs: { rows: z.int(), meta: z.object({ tags: z.array(z.string()) }) },
    }))
    .task("load", ({ inputs, tasks, secrets }) =>
      each(inputs.shops, (shop) => ({
        needs: ["extract"],
        uses: "http",
        secrets: ["TOKEN"],
        with: {
          url: `https://example.test/${shop}${is<string>()(shop)}`,
          method: "POST",
          json: { rows: tasks.extract.outputs.rows, first: tasks.extract.outputs.meta.tags[0] ?? "" },
          auth: { bearer: secrets.TOKEN },
        },
        outputs: { status: z.int() },
      })),
    )
    .task("check", ({ tasks }) => ({
      needs: ["load", "extract"],
      if: expr`size(${tasks.load.outputs.status}) > ${0}`,
      uses: "noop",
      description: `${is<number>()(tasks.extract.outputs.rows)}${is<readonly (number | null)[]>()(tasks.load.outputs.status)}`,
    }))
  expect(flow.definition()).toMatchObject({
    tasks: {
      extract: { run: "./extract.sh ${{ inputs.day }}", outputs: ["rows", "meta"] },
      load: {
        for_each: "${{ inputs.shops }}",
        with: {
          url: "https://example.test/${{ item }}",
          json: {
            rows: "${{ tasks.extract.outputs.rows }}",
            first: "${{ tasks.extract.outputs.meta.tags[0] }}",
          },
          auth: { bearer: "${{ secrets.TOKEN }}" },
        },
      },
      check: { if: "${{ size(tasks.load.outputs.status) > 0 }}" },
    },
  })
})

const functions = {
  quote: ({ weight_kg, to }: { weight_kg: number; to: string }, { log }: WorkContext) => {
    log(to)
    return { price: weight_kg * 2, zones: [to] }
  },
  label: async ({ parcels }: { parcels: readonly string[] }) => parcels.join(),
  tidy: () => undefined,
}

test("what a function of a worker takes and answers is what its task takes and writes", () => {
  const call = calls<typeof functions>()
  const flow = workflow("called")
    .input({ kg: { type: "number" }, parcels: { type: "array", items: { type: "string" } } })
    .task("quote", ({ inputs }) => call("quote", { weight_kg: inputs.kg, to: "Ada" }))
    .task("label", ({ inputs }) => ({
      ...call("label", { parcels: inputs.parcels }, { heartbeat_timeout: "10s" }),
      retries: { max_retries: 2 },
    }))
    .task("tidy", { needs: ["label"], ...call("tidy") })
    .task("say", ({ tasks }) => ({
      run: `echo ${is<number>()(tasks.quote.outputs.price)}${is<string>()(tasks.label.outputs.result)}`,
      env: { ZONE: tasks.quote.outputs.zones[0] ?? "" },
    }))
  const { tasks } = flow.definition() as { tasks: Record<string, object> }
  expect(tasks).toMatchObject({
    quote: {
      uses: "function",
      with: { name: "quote", input: { weight_kg: "${{ inputs.kg }}", to: "Ada" } },
    },
    label: { with: { name: "label", heartbeat_timeout: "10s" }, retries: { max_retries: 2 } },
    tidy: { needs: ["label"], uses: "function", with: { name: "tidy" } },
  })
  expect(Object.keys(tasks.quote ?? {})).toEqual(["uses", "with"])
  // @ts-expect-error: there is no such function.
  call("qoute", {})
  // @ts-expect-error: it takes a number.
  call("quote", { weight_kg: "5", to: "Ada" })
  // @ts-expect-error: it needs to know where to.
  call("quote", { weight_kg: 5 })
  // @ts-expect-error: it takes an input.
  call("label")
  // @ts-expect-error: a text is no number.
  flow.task("other", ({ inputs }) => call("quote", { weight_kg: inputs.parcels, to: "Ada" }))
  // @ts-expect-error: it answers no such thing.
  flow.task("other", ({ tasks }) => ({ run: `echo ${tasks.quote.outputs.cost}` }))
})

test("what is wrong doesn't compile", () => {
  const flow = workflow("wrong", { secrets: ["TOKEN"] })
    .input(z.object({ day: z.string(), rows: z.number().optional() }))
    .task("one", { run: "true", outputs: { rows: z.int() } })
  // @ts-expect-error: no task of this name comes before.
  flow.task("two", { needs: ["tow"], run: "true" })
  // @ts-expect-error: the same, where the task is made by a function.
  flow.task("two", () => ({ needs: ["tow"], run: "true" }))
  // @ts-expect-error: these are numbers, and no texts.
  flow.task("two", ({ tasks }) => ({ run: is<string>()(tasks.one.outputs.rows) }))
  // @ts-expect-error: a task can't need one of the other sections.
  flow.onFailure("two", { needs: ["one"], run: "true" })
  // @ts-expect-error: the key isn't one that a task has.
  flow.task("two", { run: "true", retires: { max_retries: 3 } })
  // @ts-expect-error: `run` or `uses`, not both.
  flow.task("two", { run: "true", uses: "noop" })
  // @ts-expect-error: one of them is needed.
  flow.task("two", { timeout: "5s" })
  // @ts-expect-error: there is no such type.
  flow.task("two", { uses: "htp", with: { url: "x" } })
  // @ts-expect-error: `url` is missing.
  flow.task("two", { uses: "http", with: {} })
  // @ts-expect-error: the secret isn't declared.
  flow.task("two", { run: "true", secrets: ["OTHER"] })
  // @ts-expect-error: an unknown setting of the workflow.
  workflow("wrong", { timout: "5s" })
  // @ts-expect-error: a text is no list to repeat for.
  flow.task("two", ({ inputs }) => ({ run: "true", for_each: inputs.day }))
  // @ts-expect-error: a number is no condition.
  flow.task("two", ({ tasks }) => ({ run: "true", if: tasks.one.outputs.rows }))
  const outputs = ({ tasks }: Parameters<Parameters<typeof flow.outputs>[0]>[0]) => ({
    // @ts-expect-error: it writes no such output.
    rows: tasks.one.outputs.row,
    // @ts-expect-error: there is no such task.
    other: tasks.other,
  })
  // @ts-expect-error: there is no such input.
  flow.task("two", ({ inputs }) => ({ run: `echo ${inputs.days}` }))
  expect(flow.outputs(outputs).definition()).toMatchObject({ name: "wrong" })
  // @ts-expect-error: the name is taken; this one is told at once.
  expect(() => flow.task("one", { run: "true" })).toThrow("there is a task `one` already")
})
