import { expect, test } from "bun:test"
import { placesOf } from "./graph.ts"

const shown = (tasks: Readonly<Record<string, readonly string[]>>) =>
  placesOf(Object.entries(tasks).map(([name, needs]) => ({ name, needs }))).map(
    ({ name, depth }) => `${"  ".repeat(depth)}${name}`,
  )

test("a chain is flat, and what has nothing before it stands at the edge", () => {
  expect(shown({ a: [], b: ["a"], c: ["b"], other: [] })).toEqual(["a", "b", "c", "other"])
})

test("what fans out is below its fork, and what joins it as well, after it", () => {
  expect(shown({ make: [], x: ["make"], y: ["make"], join: ["x", "y"], end: ["join"] })).toEqual([
    "make",
    "  x",
    "  y",
    "  join",
    "  end",
  ])
})

test("a join of branches stands where all its ways come from, and each branch keeps its own", () => {
  expect(
    shown({ a: [], b: ["a"], b1: ["b"], b2: ["b"], c: ["a"], c1: ["c"], all: ["b1", "b2", "c1"] }),
  ).toEqual(["a", "  b", "    b1", "    b2", "  c", "  c1", "  all"])
})

test("however deep it forks, it stays on the screen; needs that nobody has are passed over", () => {
  const deep = Object.fromEntries(
    Array.from({ length: 30 }, (_, level) => [
      [`n${level}`, level === 0 ? ["gone"] : [`n${level - 1}`]],
      [`m${level}`, level === 0 ? [] : [`n${level - 1}`]],
    ]).flat(),
  ) as Record<string, string[]>
  const lines = shown(deep)
  expect(lines).toHaveLength(60)
  expect(Math.max(...lines.map((line) => line.length - line.trimStart().length))).toBe(12)
})

test("a wide and a long one are placed at once", () => {
  const wide = Array.from({ length: 5_000 }, (_, index) => ({ name: `w${index}`, needs: ["root"] }))
  const long = Array.from({ length: 5_000 }, (_, index) => ({
    name: `l${index}`,
    needs: index ? [`l${index - 1}`] : ["root"],
  }))
  const join = { name: "join", needs: wide.map(({ name }) => name) }
  const places = placesOf([{ name: "root", needs: [] }, ...wide, ...long, join])
  expect(places).toHaveLength(10_002)
  expect(places.at(-1)).toEqual({ name: "join", depth: 1 })
})
