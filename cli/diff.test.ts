import { expect, test } from "bun:test"
import { changesOf, diffLines } from "./diff.ts"

const told = (before: string, after: string) =>
  diffLines(before.split(" "), after.split(" ")).map(({ sign, text }) => `${sign}${text}`)

test("what stays, goes and comes is told line by line", () => {
  expect(told("a b c d", "a x c d e")).toEqual([" a", "-b", "+x", " c", " d", "+e"])
  expect(told("a b", "a b")).toEqual([" a", " b"])
  expect(told("a a a", "a a")).toEqual([" a", " a", "-a"])
})

test("both sides can be put together again from it, also of long texts", () => {
  const before = Array.from({ length: 3_000 }, (_, line) => `${(line * 7) % 100}`)
  const after = Array.from({ length: 3_000 }, (_, line) => `${(line * 11) % 100}`)
  for (const size of [40, 300, 3_000]) {
    const [one, other] = [before.slice(0, size), after.slice(0, size)]
    const lines = diffLines(one, other)
    expect(lines.filter(({ sign }) => sign !== "+").map(({ text }) => text)).toEqual(one)
    expect(lines.filter(({ sign }) => sign !== "-").map(({ text }) => text)).toEqual(other)
  }
})

test("far from a change lines are left out", () => {
  const lines = diffLines("a b c d e f g".split(" "), "a b c d e f x".split(" "))
  expect(changesOf(lines, 1).map((line) => line && `${line.sign}${line.text}`)).toEqual([" f", "-g", "+x"])
  const both = diffLines("a b c d e f g".split(" "), "x b c d e f y".split(" "))
  expect(changesOf(both, 1).map((line) => line && `${line.sign}${line.text}`)).toEqual([
    "-a",
    "+x",
    " b",
    undefined,
    " f",
    "-g",
    "+y",
  ])
})
