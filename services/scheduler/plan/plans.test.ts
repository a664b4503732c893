import { afterAll, beforeAll, expect, test } from "bun:test"
import { taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { createPlans } from "./plans.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const plan = given.plan({ only: { uses: "noop" } })

const stored = async (): Promise<string> => {
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  const [row] = await engine.database.run(
    (sql) => sql<{ plan_id: string }>`select plan_id from scheduler.run where id = ${run_id}::text::uuid`,
  )
  return row?.plan_id ?? ""
}

const run = { id: given.runId(), plan_id: "one" }

test("a plan is read from the database once", async () => {
  const plans = createPlans()
  const asked: (readonly string[])[] = []
  const read = async (ids: readonly string[]) => {
    asked.push(ids)
    return ids.map((id) => ({ id, plan }))
  }
  expect(await plans.of([run, run], read)).toEqual([{ id: "one", plan }])
  expect(await plans.of([run], read)).toEqual([{ id: "one", plan }])
  expect(asked).toEqual([["one"], []])
})

test("what waits for a task is known without asking once its run was seen", async () => {
  const plans = createPlans()
  const chain = given.plan({ first: { uses: "noop" }, second: { uses: "noop", needs: ["first"] } })
  expect(plans.successorsOf([taskRunId(run.id, 0)])).toEqual([])
  await plans.of([run], async () => [{ id: "one", plan: chain }])
  expect(plans.successorsOf([taskRunId(run.id, 0), taskRunId(run.id, 1)])).toEqual([taskRunId(run.id, 1)])
})

test("runs of one plan share its row", async () => {
  expect(await stored()).toBe(await stored())
})

test("of too many plans those that are in use stay in memory", async () => {
  const plans = createPlans()
  const used = { ...plan }
  plans.keep("used", used)
  for (let index = 0; index < 2_000; index += 1) {
    plans.keep(`plan ${index}`, plan)
    plans.keep("used", used)
  }
  const runs = ["used", "plan 1", "plan 1999"].map((plan_id) => ({ id: given.runId(), plan_id }))
  const found = await plans.of(runs, async () => [])
  expect(found.map(({ id }) => id).toSorted()).toEqual(["plan 1999", "used"])
})
