import { expect, test } from "bun:test"
import type { TaskRun } from "#sdk/shapes.ts"
import { allTimed, criticalPath } from "./timing.ts"

const at = (second: number): string => new Date(second * 1_000).toISOString()

/** Queued, started and finished in these seconds. */
const task = (
  name: string,
  times: readonly [number, number, number],
  item: number | null = null,
): TaskRun => {
  const [queued, started, finished] = times
  const shown = { task: item === null ? name : `${name}[${item}]`, item, status: "completed" }
  return { ...shown, queued_at: at(queued), started_at: at(started), finished_at: at(finished) } as TaskRun
}

const needs = new Map([
  ["a", []],
  ["b", []],
  ["c", ["a", "b"]],
  ["d", ["c"]],
  ["late", []],
])

test("the path goes back from what ended last, over what each was waiting for", () => {
  const tasks = [task("a", [0, 1, 3]), task("b", [0, 4, 5]), task("c", [6, 6, 8]), task("d", [8, 9, 20])]
  expect(criticalPath({ began_at: at(0), tasks: [...tasks, task("late", [0, 0, 19])], needs })).toEqual([
    { task: "b", status: "completed", waited_ms: 0, queued_ms: 4_000, took_ms: 1_000, finished_at: at(5) },
    { task: "c", status: "completed", waited_ms: 1_000, queued_ms: 0, took_ms: 2_000, finished_at: at(8) },
    { task: "d", status: "completed", waited_ms: 0, queued_ms: 1_000, took_ms: 11_000, finished_at: at(20) },
  ])
})

test("of a task with items it was the last of them", () => {
  const tasks = [
    task("a", [0, 0, 1]),
    task("c", [1, 1, 9]),
    task("c", [1, 1, 4], 0),
    task("c", [1, 2, 9], 1),
    task("d", [9, 9, 10]),
  ]
  const path = criticalPath({ began_at: at(0), tasks, needs }).map((one) => one.task)
  expect(path).toEqual(["a", "c[1]", "d"])
})

test("without a definition times alone tell it, and what hasn't ended or begun is left out", () => {
  const running = { ...task("x", [9, 9, 9]), finished_at: null } as TaskRun
  const skipped = { ...task("y", [9, 9, 30]), status: "skipped" } as TaskRun
  const tasks = [task("a", [0, 0, 3]), task("d", [3, 3, 7]), running, skipped]
  const facts = { began_at: at(0), tasks, needs: undefined }
  expect(criticalPath(facts).map((one) => one.task)).toEqual(["a", "d"])
  expect(allTimed(facts).map((one) => one.task)).toEqual(["a", "d"])
  expect(criticalPath({ ...facts, tasks: [] })).toEqual([])
})

test("tasks that need each other in what a server says are each told once", () => {
  const circle = new Map([
    ["a", ["b"]],
    ["b", ["a"]],
  ])
  const tasks = [task("a", [0, 0, 3]), task("b", [0, 0, 4])]
  expect(criticalPath({ began_at: at(0), tasks, needs: circle })).toHaveLength(2)
})

test("a run of 50,000 items is told in a moment", () => {
  const items = Array.from({ length: 50_000 }, (_, item) => task("c", [1, 1, 2 + (item % 100)], item))
  const from_ms = performance.now()
  for (const known of [needs, undefined]) {
    const facts = {
      began_at: at(0),
      tasks: [task("a", [0, 0, 1]), task("c", [1, 1, 200]), ...items],
      needs: known,
    }
    expect(allTimed(facts)).toHaveLength(50_002)
    expect(criticalPath(facts).length).toBeGreaterThan(1)
  }
  expect(performance.now() - from_ms).toBeLessThan(5_000)
})
