import { expect, test } from "bun:test"
import { tidying } from "./tidy-memory.ts"

test("a process that was busy collects once when it has become quiet, and again after it was busy again", () => {
  let used_ms = 0
  let collected = 0
  const look = tidying({
    usedMs: () => used_ms,
    collect: () => {
      collected += 1
    },
  })
  const collectedAfter = (own_ms: number) => {
    used_ms += own_ms
    look(1_000)
    return collected
  }
  expect([900, 101, 100, 0, 99].map(collectedAfter)).toEqual([0, 0, 1, 1, 1])
  expect([2_000, 101, 3].map(collectedAfter)).toEqual([1, 1, 2])
})
