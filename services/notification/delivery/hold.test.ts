import { describe, expect, test } from "bun:test"
import { heldUntilMs } from "./hold.ts"

const at = (text: string): number => Date.parse(text)

const plain = { digest: "none", quiet_from: null, quiet_until: null, timezone: "UTC" } as const

const until = (terms: Partial<Parameters<typeof heldUntilMs>[0]>, now: string, recent = 0) => {
  const held_ms = heldUntilMs({ ...plain, ...terms }, { now_ms: at(now), recent })
  return held_ms === undefined ? undefined : new Date(held_ms).toISOString()
}

/** 22:00 to 07:00. */
const night = { quiet_from: 1_320, quiet_until: 420, timezone: "Europe/Berlin" } as const

test("without any wish it goes out at once", () => {
  expect(until({}, "2026-03-03T12:34:56Z")).toBe(undefined)
})

describe("a digest", () => {
  test.each([
    [{ digest: "hourly", timezone: "UTC" }, "2026-03-03T12:34:56Z", "2026-03-03T13:00:00.000Z"],
    [{ digest: "hourly", timezone: "Asia/Kolkata" }, "2026-03-03T12:15:00Z", "2026-03-03T12:30:00.000Z"],
    [{ digest: "daily", timezone: "UTC" }, "2026-03-03T08:59:59Z", "2026-03-03T09:00:00.000Z"],
    [{ digest: "daily", timezone: "UTC" }, "2026-03-03T09:00:00Z", "2026-03-04T09:00:00.000Z"],
    [{ digest: "daily", timezone: "America/New_York" }, "2026-03-08T05:00:00Z", "2026-03-08T13:00:00.000Z"],
  ] as const)("%p at %s goes out at %s", (terms, now, expected) => {
    expect(until(terms, now)).toBe(expected)
  })
})

describe("quiet hours", () => {
  test.each([
    ["before them", "2026-01-10T20:59:59Z", undefined],
    ["at their beginning", "2026-01-10T21:00:00Z", "2026-01-11T06:00:00.000Z"],
    ["after midnight", "2026-01-11T00:30:00Z", "2026-01-11T06:00:00.000Z"],
    ["at their end", "2026-01-11T06:00:00Z", undefined],
    ["in the night in which clocks go on", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00.000Z"],
    ["in the night in which they go back", "2026-10-24T21:00:00Z", "2026-10-25T06:00:00.000Z"],
  ])("%s", (_, now, expected) => {
    expect(until(night, now)).toBe(expected)
  })

  test("within a day are those between, and all others are not", () => {
    const noon = { quiet_from: 720, quiet_until: 780 }
    expect([
      until(noon, "2026-01-10T11:59:00Z"),
      until(noon, "2026-01-10T12:30:00Z"),
      until(noon, "2026-01-10T13:00:00Z"),
    ]).toEqual([...[undefined, "2026-01-10T13:00:00.000Z", undefined]])
  })

  test("have a digest that would come meanwhile come at their end", () => {
    expect(until({ ...night, digest: "hourly" }, "2026-01-10T20:30:00Z")).toBe("2026-01-11T06:00:00.000Z")
  })
})

test("the first five of a kind go out, and what more there is within the window at its end", () => {
  const now = "2026-01-10T12:34:00Z"
  expect([0, 4].map((recent) => until({}, now, recent))).toEqual([undefined, undefined])
  expect(until({}, now, 5)).toBe("2026-01-10T12:40:00.000Z")
})
