import { expect, test } from "bun:test"
import { lastFireMs, nextFireMs } from "./fires.ts"

/** Zones with and without changed clocks, by whole and half hours, at midnight and in the southern summer. */
const zones = [
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/Havana",
  "America/Santiago",
  "America/St_Johns",
  "Africa/Casablanca",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
] as const

const minute_ms = 60_000
const from_ms = Date.UTC(2025, 11, 31)
const until_ms = Date.UTC(2027, 0, 1)

type Minute = { readonly at_ms: number; readonly day: string; readonly minute: number }

/** Every minute of a year as the zone's clocks show it, from the machine's own tables. */
const minutesOf = (zone: string): readonly Minute[] => {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" })
  const minutes: Minute[] = []
  // Nothing but whole quarters of an hour matters to what is asked below.
  for (let at_ms = from_ms; at_ms < until_ms; at_ms += 15 * minute_ms) {
    const [day = "", time = ""] = format.format(at_ms).split(" ")
    const [hour, minute] = time.split(":").map(Number)
    minutes.push({ at_ms, day, minute: (hour ?? 0) * 60 + (minute ?? 0) })
  }
  return minutes
}

const firesOf = (cron: string, timezone: string): readonly number[] => {
  const fires: number[] = []
  let next = nextFireMs({ cron, timezone }, from_ms - 1)
  while (next !== undefined && next < until_ms) {
    fires.push(next)
    next = nextFireMs({ cron, timezone }, next)
  }
  return fires
}

/** By the rule, word for word: the day's first instant that shows the time; if none does, the first after the gap. */
const expectedDaily = (minutes: readonly Minute[], wanted: number): readonly number[] => {
  const days = new Map<string, Minute[]>()
  for (const minute of minutes) days.set(minute.day, [...(days.get(minute.day) ?? []), minute])
  const fires: number[] = []
  for (const [index, [, all]] of [...days].entries()) {
    const exact = all.find(({ minute }) => minute === wanted)
    const first = all[0]
    const gap = all.find(
      ({ minute }, place) => minute > wanted && (all[place - 1]?.minute ?? -1) < wanted && place > 0,
    )
    const skippedMidnight = index > 0 && first && first.minute > wanted ? first : undefined
    const found = exact ?? gap ?? skippedMidnight
    if (found) fires.push(found.at_ms)
  }
  return fires
}

test.each(zones)("in %s a daily time is due once a day, also when clocks are changed", (zone) => {
  const minutes = minutesOf(zone)
  for (const [hour, minute] of [
    [0, 0],
    [0, 30],
    [1, 30],
    [2, 0],
    [2, 15],
    [2, 45],
    [3, 0],
    [23, 30],
  ] as const) {
    const fires = firesOf(`${minute} ${hour} * * *`, zone)
    const expected = expectedDaily(minutes, hour * 60 + minute)
    const told = (all: readonly number[]) => all.map((at_ms) => new Date(at_ms).toISOString())
    expect([zone, hour, minute, ...told(fires)]).toEqual([zone, hour, minute, ...told(expected)])
  }
})

test.each(zones)("in %s a schedule of every hour is due in every hour that passes", (zone) => {
  const minutes = minutesOf(zone)
  const expected = minutes.filter(({ minute }) => minute % 30 === 0).map(({ at_ms }) => at_ms)
  expect(firesOf("*/30 * * * *", zone)).toEqual(expected)
})

const next = (cron: string, timezone: string, after: string) => {
  const found = nextFireMs({ cron, timezone }, Date.parse(after))
  return found === undefined ? undefined : new Date(found).toISOString()
}

test("a time that is left out in spring is due at the first instant after it, once", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z")
  expect(next("*/10 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z")
  expect(next("*/10 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z")).toBe("2026-03-30T00:00:00.000Z")
  expect(next("0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z")).toBe("2026-03-08T05:00:00.000Z")
})

test("a time that comes twice in autumn is due the first time", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:30:00.000Z")
  expect(next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z")).toBe("2026-10-26T01:30:00.000Z")
  expect(next("30 2 * * *", "Europe/Berlin", "2026-10-25T01:15:00Z")).toBe("2026-10-26T01:30:00.000Z")
})

test("a day that a zone left out altogether is due when the next one begins", () => {
  expect(next("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z")).toBe("2011-12-30T10:00:00.000Z")
})

test("seconds are a sixth field in front", () => {
  expect(next("*/20 * * * * *", "UTC", "2026-01-01T00:00:05Z")).toBe("2026-01-01T00:00:20.000Z")
  expect(next("30 15 4 * * *", "Asia/Tokyo", "2026-01-01T00:00:00Z")).toBe("2026-01-01T19:15:30.000Z")
})

test("rare times are found, by names of days too", () => {
  expect(next("0 0 29 2 *", "Europe/Berlin", "2026-01-01T00:00:00Z")).toBe("2028-02-28T23:00:00.000Z")
  expect(next("0 * 29 2 *", "Europe/Berlin", "2026-01-01T00:00:00Z")).toBe("2028-02-28T23:00:00.000Z")
  expect(next("0 9 * * MON-FRI", "UTC", "2026-01-02T10:00:00Z")).toBe("2026-01-05T09:00:00.000Z")
  expect(next("@daily", "UTC", "2026-01-02T10:00:00Z")).toBe("2026-01-03T00:00:00.000Z")
})

test("the latest time that was due is found from either side", () => {
  const last = (cron: string, after: string, until: string) => {
    const found = lastFireMs({ cron, timezone: "UTC" }, Date.parse(after), Date.parse(until))
    return found === undefined ? undefined : new Date(found).toISOString()
  }
  expect(last("0 3 * * *", "2026-01-01T00:00:00Z", "2026-01-20T02:00:00Z")).toBe("2026-01-19T03:00:00.000Z")
  expect(last("0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02T02:00:00Z")).toBeUndefined()
  expect(last("* * * * * *", "2026-01-01T00:00:00Z", "2026-01-20T02:00:00.500Z")).toBe(
    "2026-01-20T02:00:00.000Z",
  )
})
