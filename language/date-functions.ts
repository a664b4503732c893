import { isTimezone } from "./timezone.ts"

/** The time that `now()` answers. Evaluation is synchronous, so it is set around each one. */
export const clock: { now: Date | undefined } = { now: undefined }

const current = (): Date => {
  if (!clock.now) throw new Error("the time is not known here")
  return clock.now
}

export const dateFunctions = {
  "now(): google.protobuf.Timestamp": () => current(),
  "today(): string": () => dayOf(current(), "UTC"),
  "today(string): string": (zone: string) => dayOf(current(), zone),
  "date(google.protobuf.Timestamp): string": (time: Date) => dayOf(time, "UTC"),
  "date(google.protobuf.Timestamp, string): string": (time: Date, zone: string) => dayOf(time, zone),
  "date(string): string": (text: string) => dayOf(timeOf(text), "UTC"),
  "date(string, string): string": (text: string, zone: string) => dayOf(timeOf(text), zone),
  "addDays(string, int): string": (day: string, days: bigint) => dayOf(shifted(timeOf(day), days), "UTC"),
  "addDays(google.protobuf.Timestamp, int): google.protobuf.Timestamp": (time: Date, days: bigint) =>
    shifted(time, days),
  "weekday(string): string": (day: string) => weekdays[timeOf(day).getUTCDay()] ?? "",
  "iso(google.protobuf.Timestamp): string": (time: Date) => time.toISOString(),
  "unix(google.protobuf.Timestamp): int": (time: Date) => BigInt(Math.floor(time.getTime() / 1_000)),
} as const

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

/** 2026-01-31, as the clocks of a zone have it. */
const dayOf = (time: Date, zone: string): string => {
  if (!isTimezone(zone)) throw new Error(`unknown time zone ${zone.slice(0, 100)}`)
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(valid(time))
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ""
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`
}

const timeOf = (text: string): Date => valid(new Date(text.slice(0, 100)))

const day_ms = 86_400_000

const shifted = (time: Date, days: bigint): Date => valid(new Date(time.getTime() + Number(days) * day_ms))

const valid = (time: Date): Date => {
  const year = time.getUTCFullYear()
  if (Number.isNaN(year) || year < 1 || year > 9999)
    throw new Error("this is no time between the years 1 and 9999")
  return time
}
