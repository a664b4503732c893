import { expect, test } from "bun:test"
import { type Timetable, timetableOf } from "#language/schedule.ts"
import { type DueFacts, dueFires, startAt } from "./due.ts"

const hour_ms = 3_600_000
const at = (text: string) => Date.parse(`2026-03-10T${text}Z`)
const timetable = (more: Partial<Timetable> = {}): Timetable => ({
  ...timetableOf({ cron: "0 * * * *", catch_up: "latest" }),
  ...more,
})
const facts = (more: Partial<DueFacts>): DueFacts => ({
  id: "0198c0de-0000-7000-8000-000000000001",
  timetable: timetable(),
  is_paused: false,
  next_at: at("08:00:00"),
  now: at("08:00:00.200"),
  ...more,
})
const told = (given: Partial<DueFacts>) => {
  const { fires, next_at } = dueFires(facts(given))
  const times = fires.map(
    ({ fire_at, kind, status }) => `${new Date(fire_at).toISOString().slice(11, 16)} ${kind} ${status}`,
  )
  return [...times, `next ${next_at === null ? "never" : new Date(next_at).toISOString().slice(11, 16)}`]
}

test("a time that is due waits for its start, and the next one is known", () => {
  expect(told({})).toEqual(["08:00 schedule waiting", "next 09:00"])
})

const down = { next_at: at("08:00:00"), now: at("11:30:00") }

test("what was due while nothing could be started is left out, its latest is started, or all of it", () => {
  expect(told({ ...down, timetable: timetable({ catch_up: "none" }) })).toEqual([
    "08:00 schedule missed",
    "09:00 schedule missed",
    "10:00 schedule missed",
    "11:00 schedule missed",
    "next 12:00",
  ])
  expect(told({ ...down, timetable: timetable({ catch_up: "latest" }) })).toEqual([
    "08:00 schedule missed",
    "09:00 schedule missed",
    "10:00 schedule missed",
    "11:00 catch_up waiting",
    "next 12:00",
  ])
  expect(told({ ...down, timetable: timetable({ catch_up: "all" }) })).toEqual([
    "08:00 catch_up waiting",
    "09:00 catch_up waiting",
    "10:00 catch_up waiting",
    "11:00 catch_up waiting",
    "next 12:00",
  ])
})

test("nothing from before the window is caught up, and its row says so", () => {
  const all = { ...down, timetable: timetable({ catch_up: "all", window_ms: 2 * hour_ms }) }
  expect(told(all).slice(0, 3)).toEqual([
    "08:00 schedule missed",
    "09:00 schedule missed",
    "10:00 catch_up waiting",
  ])
  expect(dueFires(facts(all)).fires[0]?.reason).toBe(
    "nothing could be started until 3h30m later; its window is 2h",
  )
  const latest = { ...down, timetable: timetable({ window_ms: hour_ms / 4 }) }
  expect(told(latest)).toEqual([
    ...[8, 9, 10, 11].map((hour) => `${String(hour).padStart(2, "0")}:00 schedule missed`),
    "next 12:00",
  ])
})

test("with one due just now the late ones before it are not the latest any more", () => {
  expect(told({ next_at: at("10:00:00"), now: at("11:00:30") })).toEqual([
    "10:00 schedule missed",
    "11:00 schedule waiting",
    "next 12:00",
  ])
})

test("what is due while it is paused is left out, whatever it catches up otherwise", () => {
  const given = { ...down, is_paused: true, timetable: timetable({ catch_up: "all" }) }
  expect(told(given)).toEqual([
    ...["08", "09", "10", "11"].map((hour) => `${hour}:00 schedule skipped`),
    "next 12:00",
  ])
})

test("a long absence makes few rows, of which the last stands for the rest", () => {
  const second = timetable({ cron: "* * * * * *" })
  const { fires, next_at } = dueFires(facts({ timetable: second, now: at("20:00:00") }))
  const missed = fires.filter(({ status }) => status === "missed")
  expect(missed).toHaveLength(100)
  expect(missed.at(-1)?.until).toBe(at("19:59:00") - 1)
  expect(fires.filter(({ status }) => status === "waiting")).toHaveLength(61)
  expect(next_at).toBe(at("20:00:01"))
  const all = dueFires(facts({ timetable: { ...second, catch_up: "all" }, now: at("20:00:00") }))
  expect(all.fires.map(({ kind }) => kind)).toEqual(Array(200).fill("catch_up"))
  expect(all.next_at).toBe(at("08:03:20"))
})

test("a time that never comes again has no next one", () => {
  expect(told({ timetable: timetable({ cron: "0 8 30 2 *" }) })).toEqual([
    "08:00 schedule waiting",
    "next never",
  ])
})

test("jitter is the same for the same time, within its bound, and differs between schedules", () => {
  const spread = timetable({ jitter_ms: 60_000 })
  const starts = Array.from(
    { length: 200 },
    (_, place) =>
      startAt(`0198c0de-0000-7000-8000-${String(place).padStart(12, "0")}`, spread, at("08:00:00")) -
      at("08:00:00"),
  )
  expect(starts.every((late_ms) => late_ms >= 0 && late_ms < 60_000)).toBe(true)
  expect(new Set(starts).size).toBeGreaterThan(190)
  for (const quarter of [0, 1, 2, 3]) {
    const inside = starts.filter((late_ms) => Math.floor(late_ms / 15_000) === quarter)
    expect(inside.length).toBeGreaterThan(25)
  }
  expect(startAt("a", spread, 5)).toBe(startAt("a", spread, 5))
  expect(dueFires(facts({ timetable: spread })).fires[0]?.look_at).toBe(
    startAt(facts({}).id, spread, at("08:00:00")),
  )
})
