import { expect, test } from "bun:test"
import { timeText } from "./shapes.ts"

test.each([
  ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"],
  ["2026-11-22T10:00:00.123456+02:00", "2026-11-22T08:00:00.123Z"],
  // PostgreSQL takes no offset of 16 hours and more.
  ["2000-01-01T00:00:00+16:00", "1999-12-31T08:00:00.000Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
])("the time %s is %s", (sent, meant) => {
  expect(timeText.parse(sent)).toBe(meant)
})

test.each(["", "2026-11-22", "2026-13-01T00:00:00Z", "0000-06-01T00:00:00Z", "0001-01-01T00:00:00+01:00"])(
  "%p is no time that anybody could keep",
  (sent) => {
    expect(timeText.safeParse(sent).success).toBe(false)
  },
)
