import { afterAll, beforeAll, expect, test } from "bun:test"
import { type Allowance, createAllowance } from "#kernel/auth/allowance.ts"
import { until } from "#kernel/testing/until.ts"
import { given, type IamHouse } from "../given.ts"
import { reportUse } from "./report-use.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const instances = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()] as const

test("each instance hears what the others have let through in the same window", async () => {
  const report = reportUse(house.iam.database)
  const [first, second, third] = instances
  const uses = [{ principal: "ada", count: 5 }]
  expect(await report({ instance: first, window: 7, uses })).toEqual([])
  expect(await report({ instance: second, window: 7, uses: [{ principal: "ada", count: 3 }] })).toEqual(uses)
  const both = [...uses, { principal: "eve", count: 1 }]
  expect(await report({ instance: third, window: 7, uses: both })).toEqual([{ principal: "ada", count: 8 }])
  expect(await report({ instance: first, window: 8, uses })).toEqual([])
  // One that comes late, or twice, takes nothing back.
  expect(await report({ instance: second, window: 7, uses: [{ principal: "ada", count: 2 }] })).toEqual([
    { principal: "ada", count: 10 },
  ])
  expect(await report({ instance: second, window: 7, uses: [] })).toEqual([])
})

test("windows that are over are removed", async () => {
  const report = reportUse(house.iam.database)
  await report({ instance: instances[0], window: 100, uses: [{ principal: "ada", count: 1 }] })
  const rows = await house.iam.database.run(
    (sql) => sql<{ slot: string }>`select slot::text from iam.request_use`,
  )
  expect(rows.map(({ slot }) => slot)).toEqual(["100"])
})

const isLetThrough = (allowance: Allowance | undefined): boolean => {
  try {
    allowance?.spend("both")
    return true
  } catch {
    return false
  }
}

test("two instances together let through about what one may", async () => {
  const report = reportUse(house.iam.database)
  let now_ms = 10_000_000
  let reported = 0
  const [one, other] = [instances[0], instances[1]].map((instance) =>
    createAllowance({
      per_s: 100,
      now: () => now_ms,
      report: async (uses) => {
        const elsewhere = await report({ ...uses, instance })
        reported += 1
        return elsewhere
      },
    }),
  )
  let through = 0
  for (let half = 0; half < 19; half += 1) {
    const before = reported
    for (const allowance of [one, other]) {
      for (let sent = 0; sent < 60; sent += 1) {
        through += isLetThrough(allowance) ? 1 : 0
      }
    }
    // Each tells when it has spent enough to matter; both do, from some time on.
    if (half > 1) await until("both have told", () => reported >= before + 2)
    now_ms += 500
  }
  expect(through).toBeGreaterThanOrEqual(1_000)
  expect(through).toBeLessThanOrEqual(1_000 + 4 * 60)
})
