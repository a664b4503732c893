import { expect, test } from "bun:test"
import { calls, workflow } from "#sdk/authoring/index.ts"
import { testWorkflow } from "./index.ts"

test("answers of fakes are of the types that others read, which the compiler sees", async () => {
  const functions = { quote: ({ kg }: { kg: number }) => ({ price: kg * 2 }) }
  const flow = workflow("typed")
    .input({ kg: { type: "number" } })
    .task("quote", ({ inputs }) => calls<typeof functions>()("quote", { kg: inputs.kg }))
  const real = await testWorkflow(flow).run({ inputs: { kg: 4 }, functions })
  expect(real.tasks.quote.outputs.price satisfies number).toBe(8)
  const faked = await testWorkflow(flow).run({
    inputs: { kg: 4 },
    tasks: { quote: ({ inputs }) => ({ price: inputs.kg satisfies number }) },
  })
  expect(faked.tasks.quote.outputs.price).toBe(4)
  // @ts-expect-error: others read a number.
  await testWorkflow(flow).run({ inputs: { kg: 4 }, tasks: { quote: () => ({ price: "4" }) } })
})
