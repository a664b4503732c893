import { expect, test } from "bun:test"
import { isAtLeast, type Level, levelOf } from "./level.ts"

const written: readonly (readonly [line: string, level: Level])[] = [
  ["plain words", "info"],
  ["2026-11-21T10:00:00Z ERROR could not connect", "error"],
  ["[WARN] slow", "warn"],
  ["WARNING:root:slow", "warn"],
  ["warning: unused variable", "warn"],
  ["error[E0308]: mismatched types", "info"],
  ["error: no such file", "error"],
  ['{"level":"error","msg":"x"}', "error"],
  ['{"level":30,"time":1,"msg":"x"}', "info"],
  ['{"level":60,"msg":"x"}', "error"],
  ['{"severity":"WARNING","message":"x"}', "warn"],
  ["time=2026-11-21 level=debug msg=x", "debug"],
  ["TypeError: x is not a function", "error"],
  ["Traceback (most recent call last):", "error"],
  ["\u001b[31mERROR\u001b[0m red", "error"],
  ["the word error in a sentence", "info"],
  ["TERROR struck", "info"],
  [`${"x".repeat(500)} ERROR`, "info"],
]

test.each(written)("%s", (line, level) => {
  expect(levelOf("stdout", line)).toBe(level)
})

test("a line that says nothing has the level of its stream", () => {
  expect(levelOf("stderr", "  at main.ts:3")).toBe("error")
  expect(levelOf("stderr", "INFO listening")).toBe("info")
  expect(levelOf("system", "fetched out/report.csv")).toBe("info")
  expect(levelOf("system", "warning: 3 lines are left out")).toBe("warn")
})

test("levels have an order", () => {
  expect(isAtLeast("error", "warn")).toBe(true)
  expect(isAtLeast("warn", "warn")).toBe(true)
  expect(isAtLeast("info", "warn")).toBe(false)
})

test("no line is dear, whatever is in it", () => {
  const hostile = ["level".repeat(20_000), " ".repeat(100_000), "[".repeat(100_000), "A ".repeat(50_000)]
  const from_ms = performance.now()
  for (const line of hostile) for (let times = 0; times < 50; times += 1) levelOf("stdout", line)
  expect(performance.now() - from_ms).toBeLessThan(500)
})
