import { expect, test } from "bun:test"
import { cronFault } from "./cron.ts"

test.each([
  "* * * * *",
  "0 30 2 * * 1-5",
  "*/5 8-18/2 1,15 jan-mar MON-FRI",
  "0 0 L * *",
  "0 0 * * 5L",
  "0 9 ? * 2#1",
  "0 0 29 2 *",
  "0 0 31 1,2 *",
  "@daily",
  "59 23 31 12 7",
])("%s is a cron expression", (cron) => expect(cronFault(cron)).toBeUndefined())

test.each([
  ["* * * *", "has five fields (minute hour day month weekday), or six with seconds first, not 4"],
  ["", "not 1"],
  ["* * * * * * *", "not 7"],
  ["60 * * * *", "the minute: `60` is not within 0 to 59"],
  ["* 24 * * *", "the hour: `24` is not within 0 to 23"],
  ["* * 0 * *", "the day of month: `0` is not within 1 to 31"],
  ["* * * foo *", "the month: `foo` is not within 1 to 12"],
  ["* * * * 8", "the day of week: `8` is not within 0 to 7"],
  ["*/0 * * * *", "`/0` is no step"],
  ["5-1 * * * *", "`5-1` ends before it begins"],
  ["1,, * * * *", "can't be read"],
  ["1/2/3 * * * *", "can't be read"],
  ["@often", "is none of @yearly"],
  ["0 0 31 4,6 *", "it never fires: no such month has a day 31"],
  ["0 0 30 feb *", "it never fires: no such month has a day 30"],
  ["1-2-3 * * * *", "is not within"],
  ["-1 * * * *", "is not within"],
  [`${"1,".repeat(500)}1 * * * *`, "the minute is too long"],
])("%p is none: %s", (cron, message) => expect(cronFault(cron) ?? "").toContain(message))
