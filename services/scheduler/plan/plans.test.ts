import { afterAll, beforeAll, expect, test } from "bun:test"
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

test("a plan is read from the database once", async () => {
  const plans = createPlans()
  const id = await stored()
  const first = await engine.database.run((sql) => plans.load(sql, [id, id]))
  expect(first.get(id)).toEqual(plan)
  await engine.database.run(async (sql) => {
    expect((await plans.load(sql, [id])).get(id)).toBe(first.get(id))
  })
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
  const found = await engine.database.run((sql) => plans.load(sql, ["used", "plan 1", "plan 1999"]))
  expect([...found.keys()].toSorted()).toEqual(["plan 1999", "used"])
})
