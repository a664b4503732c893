import { expect, test } from "bun:test"
import { each, expr, workflow, z } from "#sdk/authoring/index.ts"
import { testWorkflow } from "./index.ts"

const delivery = workflow("delivery")
  .input({ day: { type: "string", required: true } })
  .task("fetch", ({ inputs }) => ({
    run: `./fetch.sh ${inputs.day}`,
    outputs: { rows: z.int() },
    retries: { max_retries: 2, initial: "10s" },
  }))
  .task("ship", ({ tasks }) => ({
    needs: ["fetch"],
    if: expr`${tasks.fetch.outputs.rows} > ${0}`,
    uses: "http",
    with: { url: "https://example.test", method: "POST", json: { rows: tasks.fetch.outputs.rows } },
  }))

test("fakes stand for what tasks do, and what they answer goes from task to task", async () => {
  const outcome = await testWorkflow(delivery).run({
    inputs: { day: "monday" },
    tasks: {
      fetch: ({ inputs, with: given }) => {
        expect(inputs).toEqual({ day: "monday" })
        expect(given.run).toContain("./fetch.sh monday")
        return { rows: 3 }
      },
      ship: ({ with: given }) => ({ sent: given.json }),
    },
  })
  expect(outcome).toMatchObject({ status: "completed", reason: null, order: ["fetch", "ship"], took_ms: 0 })
  expect(outcome.tasks.fetch.outputs.rows).toBe(3)
  expect(outcome.tasks.ship.outputs).toEqual({ sent: { rows: 3 } })
})

test("what fails is tried again after the time that it is to wait, which is skipped", async () => {
  const began = performance.now()
  const outcome = await testWorkflow(delivery).run({
    inputs: { day: "monday" },
    at: "2026-01-31T09:00:00Z",
    tasks: {
      fetch: ({ attempt }) => {
        if (attempt < 3) throw new Error("the shop is closed")
        return { rows: 0 }
      },
    },
  })
  expect(outcome.status).toBe("completed")
  expect(outcome.tasks.fetch.attempts).toBe(3)
  expect(outcome.tasks.ship).toMatchObject({ status: "skipped", reason: "condition" })
  expect(outcome.took_ms).toBe(30_000)
  expect(outcome.at).toEqual(new Date("2026-01-31T09:00:30Z"))
  expect(performance.now() - began).toBeLessThan(5_000)
})

test("a task that has no fake is named, and so is a fake that has no task", async () => {
  const inputs = { day: "monday" }
  await expect(testWorkflow(delivery).run({ inputs })).rejects.toThrow(
    '"fetch" (shell) of delivery has no fake',
  )
  const tasks: object = { fetsh: () => ({}) }
  await expect(testWorkflow(delivery).run({ inputs, tasks })).rejects.toThrow(
    "no fetsh; there are fetch, ship",
  )
  await expect(testWorkflow(delivery).run({})).rejects.toThrow("day")
  await expect(testWorkflow("name: x\ntasks: { a: { uses: nope } }").run()).rejects.toThrow("not valid")
})

test("attempts, tasks and runs have their time on the skipped clock", async () => {
  const slow = workflow("slow", { timeout: "1h" })
    .task("first", { run: "x", timeout: "5m", continue_on_error: true })
    .task("second", { needs: ["first"], run: "y" })
    .finally("last", { uses: "noop" })
  const outcome = await testWorkflow(slow).run({
    types: { shell: ({ sleep }) => sleep("3h") },
  })
  expect(outcome).toMatchObject({ status: "failed", reason: "timeout", took_ms: 3_600_000 })
  expect(outcome.tasks.first).toMatchObject({ status: "failed", error: { code: "task.timeout" } })
  expect(outcome.tasks.second.status).toBe("cancelled")
  expect(outcome.tasks.last.status).toBe("completed")
})

test("items run as the task says, and one after the other where they are to", async () => {
  const shops = workflow("shops").task("load", () =>
    each(["a", "b", "c"], (shop) => ({ run: `load ${shop}`, max_parallel: 1, outputs: { of: z.string() } })),
  )
  const outcome = await testWorkflow(shops).run({
    tasks: {
      load: async ({ item, sleep }) => {
        await sleep("1m")
        return { of: String(item) }
      },
    },
  })
  expect(outcome.order).toEqual(["load[0]", "load[1]", "load[2]"])
  expect(outcome.tasks.load.outputs.of).toEqual(["a", "b", "c"])
  expect(outcome.tasks.load.items.map(({ outputs }) => outputs.of)).toEqual(["a", "b", "c"])
  expect(outcome.took_ms).toBe(180_000)
})

const release = `
name: release
tasks:
  agree: { uses: approval, with: { roles: [admin], approvals: 2, message: Ship it?, timeout: 2d } }
  paid: { uses: signal, with: { name: paid, timeout: 1h, on_timeout: continue } }
  rest: { uses: sleep, with: { duration: 3h } }
  ship: { needs: [agree, paid, rest], uses: workflow, with: { name: shipping, inputs: { sum: "\${{ tasks.paid.outputs.sum }}" } } }
outputs: { number: "\${{ tasks.ship.outputs.number }}" }
`
const shipping = `
name: shipping
inputs: { sum: { type: integer } }
tasks: { send: { uses: function, with: { name: send, input: "\${{ inputs.sum }}" }, secrets: [KEY] } }
secrets: [KEY]
outputs: { number: "\${{ tasks.send.outputs.result }}" }
`

test("people, sleeps, functions and workflows in workflows", async () => {
  const given = {
    workflows: { shipping },
    signals: { paid: { sum: 20 } },
    secrets: { KEY: "abc" },
    functions: {
      send: (sum: number, { secrets }: { secrets: object }) =>
        Object.keys(secrets).length > 0 ? sum + 1 : 0,
    },
  }
  const outcome = await testWorkflow(release).run({ ...given, approvals: { agree: true } })
  expect(outcome).toMatchObject({ status: "completed", outputs: { number: 21 }, took_ms: 10_800_000 })
  expect(outcome.tasks.ship?.run?.tasks.send?.outputs).toEqual({ result: 21 })
  const { functions: _, ...without } = given
  const faked = await testWorkflow(release).run({
    ...{ ...without, approvals: { agree: true } },
    tasks: { "shipping.send": ({ with: { input } }) => ({ result: input }) },
  })
  expect(faked.outputs).toEqual({ number: 20 })
  const rejected = await testWorkflow(release).run({
    ...given,
    approvals: { agree: ({ message }) => ({ approved: message !== "Ship it?", comment: "no" }) },
  })
  expect(rejected.tasks.agree).toMatchObject({ status: "failed", error: { code: "approval.rejected" } })
  expect(rejected.tasks.ship?.status).toBe("skipped")
  const late = await testWorkflow(release).run(given)
  expect(late).toMatchObject({ status: "failed", took_ms: 2 * 86_400_000 })
})

test("a run that would wait for somebody for ever says for whom", async () => {
  const waits = testWorkflow("name: w\ntasks: { agree: { uses: approval, with: { roles: [admin] } } }").run()
  await expect(waits).rejects.toThrow("agree for an approval")
})

test("what never ends in real time is no test", async () => {
  const hangs = testWorkflow("name: w\ntasks: { a: { run: x } }").run({
    tasks: { a: () => new Promise(() => undefined) },
  })
  await expect(hangs).rejects.toThrow("on the skipped clock")
})
