import { expect, test } from "bun:test"
import { createLateAbort } from "./late-abort.ts"

test("the signal tells the first reason, whether it was asked for before or after", () => {
  const [early, late] = [createLateAbort(), createLateAbort()]
  const { signal } = early
  const heard: unknown[] = []
  signal.addEventListener("abort", () => heard.push(signal.reason))
  for (const one of [early, late]) {
    one.abort("the first")
    one.abort("another")
  }
  expect(heard).toEqual(["the first"])
  expect(late.signal.aborted).toBe(true)
  expect([early.signal.reason, late.signal.reason]).toEqual(["the first", "the first"])
  expect(createLateAbort().signal.aborted).toBe(false)
})
