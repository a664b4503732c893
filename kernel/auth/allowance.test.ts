import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { type Allowance, createAllowance, type ReportUse } from "./allowance.ts"

/** As long as it counts. */
const window_ms = 10_000

const ada = "ada"
const robot = "robot"

const nobodyElse: ReportUse = async () => []

/** How many of so many are let through. */
const passed = (
  allowance: Allowance,
  count: number,
  who: Parameters<Allowance["spend"]>[0] = ada,
): number => {
  let through = 0
  for (let sent = 0; sent < count; sent += 1) {
    try {
      allowance.spend(who)
      through += 1
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      expect(error).toMatchObject({ code: "request.too_many", status: 429 })
    }
  }
  return through
}

test("so many a second are let through, counted over a window, each principal for itself", () => {
  let now_ms = window_ms * 7
  const allowance = createAllowance({ per_s: 10, report: nobodyElse, now: () => now_ms })
  expect(passed(allowance, 150)).toBe(100)
  expect(passed(allowance, 150, robot)).toBe(100)
  now_ms += window_ms - 1
  expect(passed(allowance, 1)).toBe(0)
  now_ms += 1
  expect(passed(allowance, 150)).toBe(100)
})

test("who has had enough is told when to come again", () => {
  const allowance = createAllowance({ per_s: 1, report: nobodyElse, now: () => window_ms * 3 + 2_500 })
  passed(allowance, 10)
  const refused = () => allowance.spend(ada)
  expect(refused).toThrow(expect.objectContaining({ retry_after_s: 8 }))
})

test("without a limit everything is let through", () => {
  const allowance = createAllowance({ per_s: 0, report: nobodyElse, now: () => 0 })
  expect(passed(allowance, 100_000)).toBe(100_000)
})

test("what is used elsewhere counts; little use is not told", async () => {
  const told: unknown[] = []
  const now_ms = window_ms * 5
  let passing_ms = 0
  const report: ReportUse = async ({ window, uses }) => {
    told.push([window, uses])
    return uses.map(({ principal }) => ({ principal, count: 90 }))
  }
  const allowance = createAllowance({ per_s: 10, report, now: () => now_ms + passing_ms })
  expect(passed(allowance, 5)).toBe(5)
  expect(told).toEqual([])
  expect(passed(allowance, 1)).toBe(1)
  expect(told).toEqual([[5, [{ principal: "ada", count: 6 }]]])
  await Promise.resolve()
  passing_ms = 400
  expect(passed(allowance, 10)).toBe(4)
  expect(told.length).toBe(1)
  passing_ms = 500
  expect(passed(allowance, 1)).toBe(0)
  expect(told[1]).toEqual([5, [{ principal: "ada", count: 17 }]])
})

test("while identity is away, what is used here counts", async () => {
  const allowance = createAllowance({
    per_s: 10,
    report: () => Promise.reject(new Problem("platform.unavailable")),
    now: () => window_ms,
  })
  expect(passed(allowance, 150)).toBe(100)
  await Promise.resolve()
  expect(passed(allowance, 1)).toBe(0)
})
