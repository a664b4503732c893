import { describe, expect, test } from "bun:test"
import { type Count, counted, type Rule, rules, waitOf } from "./rules.ts"

const start = new Date("2026-03-01T12:00:00Z")
const later = (from: Date, seconds: number) => new Date(from.getTime() + seconds * 1_000)
const fresh: Count = { level: 0, at: start, free_at: start }
const rule: Rule = { free: 3, forget_s: 60, max_wait_s: 8 }

const tried = (times: number, count = fresh): Count =>
  Array.from({ length: times }).reduce<Count>((one) => counted(one, rule, start), count)

describe("a count", () => {
  test.each([
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 1],
    [4, 2],
    [5, 4],
    [6, 8],
    [7, 8],
    [500, 8],
  ])("after %p tries makes the next one wait %p s", (times, wait_s) => {
    expect(waitOf(tried(times), start)).toBe(wait_s)
  })

  test("is over when the wait is, and not before", () => {
    const count = tried(5)
    expect([3.999, 4].map((seconds) => waitOf(count, later(start, seconds)))).toEqual([1, 0])
  })

  test("is forgotten try by try", () => {
    const count = tried(4)
    expect(counted(count, rule, later(start, 60)).level).toBe(4)
    expect(counted(count, rule, later(start, 240)).level).toBe(1)
    expect(counted(count, rule, later(start, 1e9)).level).toBe(1)
  })

  test("of a clock that went back is not made smaller or larger by it", () => {
    expect(counted(tried(1), rule, later(start, -30)).level).toBeLessThanOrEqual(2.5)
  })
})

test("nobody is kept out for long by what somebody else tries", () => {
  for (const name of ["pair", "address", "account"] as const)
    expect(rules[name].max_wait_s).toBeLessThanOrEqual(60)
})
