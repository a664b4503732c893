import { expect, test } from "bun:test"
import { nearest } from "./near.ts"

const known = ["run", "runs", "logs", "workflows", "login", "dead-letters"]

test.each([
  ["rnu", "run"],
  ["log", "logs"],
  ["Workflow", "workflows"],
  ["work", "workflows"],
  ["dead-leters", "dead-letters"],
  ["worflwos", "workflows"],
  ["logss", "logs"],
  ["lags", "logs"],
  ["frobnicate", undefined],
  ["x", undefined],
  ["a".repeat(10_000), undefined],
])("%p may have meant %p", (word, meant) => {
  expect(nearest(word, known)).toBe(meant as never)
})
