import { describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { checkDefinition } from "#language/check.ts"
import { importWfFormat } from "./wfformat.ts"

const refusal = (instance: unknown): string => {
  try {
    importWfFormat(instance, 1)
    return "none"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const diamond = {
  name: "a diamond",
  schemaVersion: "1.5",
  workflow: {
    specification: {
      tasks: [
        { name: "split", id: "split.1", parents: [], children: ["left 1", "1 right"] },
        { name: "left", id: "left 1", parents: ["split.1"], children: [] },
        { name: "right", id: "1 right", parents: [], children: [] },
        { name: "join", id: "left_1", parents: ["left 1", "1 right"] },
      ],
    },
    execution: {
      tasks: [
        { id: "split.1", runtimeInSeconds: 2 },
        { id: "left 1", runtimeInSeconds: 0.0004 },
        { id: "1 right", runtimeInSeconds: null },
      ],
    },
  },
}

const sleeping = (duration: string, ...needs: string[]) => ({
  ...(needs.length > 0 && { needs }),
  uses: "sleep" as const,
  with: { duration },
})

describe("a recorded workflow", () => {
  test("becomes one of tasks that sleep, with names that are allowed and edges that either end told", () => {
    const imported = importWfFormat(diamond, 0.5)
    expect(imported).toEqual({
      name: "a_diamond",
      tasks: {
        split_1: sleeping("1000ms"),
        left_1: sleeping("0ms", "split_1"),
        t1_right: sleeping("0ms", "split_1"),
        left_1_2: sleeping("0ms", "left_1", "t1_right"),
      },
    })
    expect(checkDefinition(imported)).toMatchObject({ ok: true })
  })

  test("may be in the form before 1.5", () => {
    const tasks = [
      { name: "first", runtime: 1, parents: [], children: ["second"] },
      { name: "second", runtimeInSeconds: 3, parents: ["first"], children: [] },
    ]
    expect(importWfFormat({ name: "old", workflow: { tasks } }, 1).tasks).toEqual({
      first: sleeping("1000ms"),
      second: sleeping("3000ms", "first"),
    })
  })

  test("is refused with the reason when it is none", () => {
    const { specification, execution } = diamond.workflow
    const [first] = specification.tasks
    const withTasks = (tasks: unknown[]) => ({ workflow: { specification: { tasks }, execution } })
    expect(refusal([])).toContain("This is no workflow in WfFormat")
    expect(refusal({ workflow: {} })).toContain("workflow")
    expect(refusal(withTasks([]))).toContain("it has no tasks")
    expect(refusal(withTasks([first, first]))).toContain('two tasks have the id "split.1"')
    expect(refusal(withTasks([first]))).toContain('the unknown child "left 1"')
    expect(refusal(withTasks([{ name: "one", parents: ["two"] }]))).toContain('the unknown parent "two"')
  })
})

/** Recordings of real ones, where somebody has them beside the checkout. */
const recordings = process.env.WF_WFINSTANCES ?? join(import.meta.dirname, "../../shared/wfinstances")
const files = existsSync(recordings) ? readdirSync(recordings).filter((name) => name.endsWith(".json")) : []

test.each(files)("the recording %s becomes a sound workflow with each of its edges", (file) => {
  const instance = JSON.parse(readFileSync(join(recordings, file), "utf8"))
  const imported = importWfFormat(instance, 0.01)
  const { tasks } = instance.workflow.specification
  expect(checkDefinition(imported)).toMatchObject({ ok: true })
  expect(Object.keys(imported.tasks)).toHaveLength(tasks.length)
  const edges = Object.values(imported.tasks).reduce((sum, { needs = [] }) => sum + needs.length, 0)
  expect(edges).toBe(
    tasks.reduce((sum: number, { parents }: { parents: string[] }) => sum + parents.length, 0),
  )
})
