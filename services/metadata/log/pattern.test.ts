import { expect, test } from "bun:test"
import { matcherOf } from "./pattern.ts"

const matches = (pattern: string, text: string) => matcherOf(pattern)(text)

test("text without anything special is found anywhere, also far into a line", () => {
  expect(matches("needle", `${"x".repeat(50_000)}needle`)).toBe(true)
  expect(matches("Needle", "needle")).toBe(false)
})

test("patterns are those of RE2; a backslash makes plain what is special", () => {
  expect(matches("(?i)time(d )?out", "it has TIMED OUT")).toBe(true)
  expect(matches("^exit \\d+$", "exit 12")).toBe(true)
  expect(matches("^exit \\d+$", "exit 12 ")).toBe(false)
  expect(matches("\\(1\\)\\.", "old (1).")).toBe(true)
  expect(matches("\\p{Greek}+", "λ")).toBe(true)
})

test.each([
  "(",
  "[",
  "a{1000}{1000}",
  "(((a{50}){50}){50})",
  "(?=a)",
  "(a)\\1",
  "a{1001}",
  "(?:[ab]{30}){30}",
  "\\p{Nonsense}",
  "(?P<a>x)(?P<a>y)",
])("%s is refused with what to do instead", (pattern) => {
  expect(() => matcherOf(pattern)).toThrow(/^grep: /)
})

test("patterns that take others for ever are quick", () => {
  const hostile = "a".repeat(100_000)
  const from_ms = performance.now()
  for (const pattern of [
    "(a+)+$",
    "(a|a)*b",
    "(a|aa)+$",
    "(.*)*x",
    "(a*)*b",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
  ]) {
    matches(pattern, `${hostile}!`)
  }
  expect(performance.now() - from_ms).toBeLessThan(2_000)
})
