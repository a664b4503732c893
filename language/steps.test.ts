import { expect, test } from "bun:test"
import { chain, planSteps } from "./steps.ts"

const noop = (name: string, max_retries?: number) => ({
  name,
  type: "noop",
  ...(max_retries !== undefined && { max_retries }),
})

test("steps become tasks of which each needs the one before", () => {
  const { tasks, payloads } = chain([noop("a"), noop("b"), noop("c")])
  expect(payloads).toBe(true)
  expect(tasks.map(({ idx, name, uses }) => [idx, name, uses])).toEqual([
    [0, "a", "noop"],
    [1, "b", "noop"],
    [2, "c", "noop"],
  ])
  expect(tasks.map(({ needs, successors }) => [needs, successors])).toEqual([
    [[], [1]],
    [[0], [2]],
    [[1], []],
  ])
})

test("absent retries, 0 and less mean the usual number", () => {
  const { tasks } = chain([noop("a"), noop("b", 0), noop("c", -4), noop("d", 7)])
  expect(tasks.map(({ retry }) => retry.max_retries)).toEqual([3, 3, 3, 7])
})

test("the same steps make the same plan", () => {
  expect(JSON.stringify(chain([noop("a")]))).toBe(JSON.stringify(chain([noop("a")])))
})

test("a step may need several earlier ones", () => {
  const needs = [[], [], [1, 0]]
  const { tasks } = planSteps([noop("a"), noop("b"), noop("c")], (idx) => needs[idx] ?? [])
  expect(tasks.map((task) => [task.needs, task.successors])).toEqual([
    [[], [2]],
    [[], [2]],
    [[0, 1], []],
  ])
})

test("every name is there once, and none takes another's", () => {
  const namesOf = (...names: string[]) => chain(names.map((name) => noop(name))).tasks.map(({ name }) => name)
  expect(namesOf("a", "b")).toEqual(["a", "b"])
  expect(namesOf("a", "a", "a")).toEqual(["a", "a (2)", "a (3)"])
  expect(namesOf("a", "a", "a (2)", "a", "__proto__", "__proto__")).toEqual([
    ...["a", "a (3)", "a (2)", "a (4)"],
    ...["__proto__", "__proto__ (2)"],
  ])
  const many = namesOf(...Array.from({ length: 5_000 }, () => "x"))
  expect(new Set(many).size).toBe(5_000)
})
