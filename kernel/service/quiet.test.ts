import { expect, test } from "bun:test"
import { noticeQuiet } from "./quiet.ts"

test("that a busy process is quiet is noticed at the second look, once, and again after it was busy again", () => {
  let used_ms = 0
  let noticed = 0
  const look = noticeQuiet({
    usedMs: () => used_ms,
    whenQuiet: () => {
      noticed += 1
    },
  })
  const noticedAfter = (own_ms: number) => {
    used_ms += own_ms
    look(1_000)
    return noticed
  }
  expect([900, 101, 100, 0, 99].map(noticedAfter)).toEqual([0, 0, 0, 1, 1])
  expect([2_000, 100, 101, 3, 4].map(noticedAfter)).toEqual([1, 1, 1, 1, 2])
})
