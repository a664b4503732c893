import { expect, test } from "bun:test"
import { recent } from "./recent.ts"

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

test("of what was kept last, half of the most is there for sure, and never more than the most", () => {
  const kept = recent<string>(10)
  for (const id of numbers(1, 100)) kept.keep(id, id)
  const there = numbers(1, 100).filter((id) => kept.get(id) !== undefined)
  expect(there.slice(-5)).toEqual(numbers(96, 100))
  expect(there.length).toBeLessThanOrEqual(10)
})

test("what is kept again is as young as can be, and what is forgotten is gone wherever it was", () => {
  const kept = recent<string>(4)
  for (const id of ["a", "b", "c", "a", "d"]) kept.keep(id, id)
  expect(kept.get("a")).toBe("a")
  for (const id of ["a", "b", "c", "d"]) kept.forget(id)
  for (const id of ["a", "b", "c", "d"]) expect(kept.get(id)).toBeUndefined()
})

test("a heavy one leaves room for fewer", () => {
  const kept = recent<number>(10, (weight) => weight)
  kept.keep("heavy", 5)
  for (const id of ["a", "b", "c", "d"]) kept.keep(id, 1)
  expect(kept.get("heavy")).toBe(5)
  kept.keep("e", 1)
  kept.keep("f", 1)
  expect(kept.get("heavy")).toBeUndefined()
  expect(kept.get("e")).toBe(1)
})

test("what gets lighter or is forgotten makes room", () => {
  const kept = recent<number>(10, (weight) => weight)
  for (let time = 0; time < 100; time += 1) {
    kept.keep("other", 1)
    kept.keep("heavy", 4)
    kept.forget("heavy")
  }
  expect(kept.get("other")).toBe(1)
})

test("when all is forgotten there is room for as much again", () => {
  const kept = recent<number>(10, (weight) => weight)
  for (const id of ["old", "older", "young"]) kept.keep(id, 4)
  kept.forgetAll()
  for (const id of ["old", "older", "young"]) expect(kept.get(id)).toBeUndefined()
  kept.keep("first", 4)
  kept.keep("second", 4)
  expect([kept.get("first"), kept.get("second")]).toEqual([4, 4])
})
