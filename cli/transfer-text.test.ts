import { expect, test } from "bun:test"
import { transferText } from "./transfer-text.ts"

const mebi = 1024 ** 2
const transfer = { size_bytes: 30 * mebi, from_bytes: 0, at_bytes: 12 * mebi, elapsed_ms: 2_000 } as const

test("how far a file is, how fast it comes and how long it will take", () => {
  expect(transferText({ ...transfer, name: "rows.csv", place: [1, 1] })).toBe(
    "rows.csv  ██████░░░░░░░░░░  40 %  12.0 MiB of 30.0 MiB  6.0 MiB/s  3s left",
  )
})

test("one of several says which, and goes on at the rate of what came now", () => {
  expect(transferText({ ...transfer, name: "rows.csv", place: [2, 7], from_bytes: 10 * mebi })).toBe(
    "[2/7]  rows.csv  ██████░░░░░░░░░░  40 %  12.0 MiB of 30.0 MiB  1.0 MiB/s  18s left",
  )
})

test("nothing yet, all of it, and a name that is too long or hostile", () => {
  const started = { ...transfer, at_bytes: 0, elapsed_ms: 0, name: "a", place: [1, 1] } as const
  expect(transferText(started)).toBe("a  ░░░░░░░░░░░░░░░░   0 %  0 B of 30.0 MiB  0 B/s")
  expect(transferText({ ...started, size_bytes: 0 })).toContain("100 %")
  expect(transferText({ ...started, name: `\u001b[2J${"x".repeat(50)}` })).toStartWith(`…${"x".repeat(31)}  `)
})
