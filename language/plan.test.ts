import { describe, expect, test } from "bun:test"
import { digest } from "./canonical.ts"
import { checkDefinition } from "./check.ts"
import { compile } from "./plan.ts"
import type { Definition } from "./schema.ts"
import { jsonSchema } from "./schema-json.ts"

const definition = (value: unknown): Definition => {
  const checked = checkDefinition(value)
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors))
  return checked.definition
}

const diamond = definition({
  name: "diamond",
  timeout: "1h",
  env: { N: 1 },
  tasks: {
    join: { uses: "noop", needs: ["right", "left"], when: "always" },
    right: { run: "echo right", needs: ["top"], retries: { initial: "500ms" }, timeout: "1h30m" },
    left: { run: "echo left", needs: ["top"], continue_on_error: true, env: { B: true } },
    top: { run: "echo top" },
  },
})

describe("a plan", () => {
  test("has tasks in topological order with both directions by number", () => {
    const { tasks } = compile(diamond)
    expect(tasks.map(({ idx, name, needs, successors }) => ({ idx, name, needs, successors }))).toEqual([
      { idx: 0, name: "top", needs: [], successors: [1, 2] },
      { idx: 1, name: "left", needs: [0], successors: [3] },
      { idx: 2, name: "right", needs: [0], successors: [3] },
      { idx: 3, name: "join", needs: [1, 2], successors: [] },
    ])
  })

  test("has every setting in the unit that the engine uses", () => {
    const plan = compile(diamond)
    expect(plan.timeout_ms).toBe(3_600_000)
    expect(plan.env).toEqual({ N: "1" })
    expect(plan.tasks[2]).toEqual({
      idx: 2,
      name: "right",
      uses: "shell",
      with: { run: "echo right" },
      env: {},
      needs: [0],
      successors: [3],
      reads: [],
      when: "success",
      continue_on_error: false,
      timeout_ms: 5_400_000,
      retry: { max_retries: 3, initial_ms: 500, factor: 2, max_ms: 60_000, jitter: 0.1 },
      queue: "default",
      priority: 0,
      outputs: [],
      artifacts: [],
    })
    expect(plan.tasks[0]?.retry.max_retries).toBe(0)
  })

  test("says whose outputs a task reads, so that no others need be sent along", () => {
    const reading = definition({
      name: "reading",
      tasks: {
        a: { run: "echo" },
        b: { run: "echo", needs: ["a"] },
        c: { run: "echo ${{ tasks.a.status }}", needs: ["b"], env: { A: "${{ tasks.a.outputs.x }}" } },
      },
    })
    expect(compile(reading).tasks.map(({ reads }) => reads)).toEqual([[], [], [0]])
  })

  test("says what files a task fetches, each pattern once, and nothing of those that fetch none", () => {
    const fetching = definition({
      name: "fetching",
      tasks: {
        a: { run: "echo", artifacts: ["a.csv"] },
        b: { run: "echo", needs: ["a"], fetch: ["b*.csv", "a.csv", "b*.csv"] },
        c: { run: "echo", needs: ["a"], fetch: [] },
      },
      finally: { d: { run: "echo", fetch: ["a.csv"] } },
    })
    expect(compile(fetching).tasks.map(({ name, fetch }) => [name, fetch])).toEqual([
      ["a", undefined],
      ["b", ["a.csv", "b*.csv"]],
      ["c", undefined],
      ["d", ["a.csv"]],
    ])
  })

  test("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(compile(diamond)))).toEqual(compile(diamond))
  })

  test("of a chain of 5,000 tasks is in order", () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [
        `t${index}`,
        { uses: "noop", needs: index > 0 ? [`t${index - 1}`] : [] },
      ]),
    )
    const plan = compile(definition({ name: "chain", tasks }))
    expect(plan.tasks.every((task, index) => task.name === `t${index}`)).toBe(true)
  })
})

describe("the digest", () => {
  const same = definition({
    tasks: {
      top: { uses: "shell", with: { run: "echo top" }, needs: [], when: "success", priority: 0 },
      left: { continue_on_error: true, env: { B: "true" }, needs: ["top"], run: "echo left" },
      right: { run: "echo right", needs: ["top"], retries: { initial: "0.5s", factor: 2 }, timeout: "90m" },
      join: { uses: "noop", with: {}, needs: ["left", "right"], when: "always" },
    },
    env: { N: "1" },
    timeout: "60m",
    tags: [],
    name: "diamond",
  })

  test("is shared by definitions that mean the same, and so is the plan", async () => {
    expect(await digest(same)).toBe(await digest(diamond))
    expect(compile(same)).toEqual(compile(diamond))
  })

  test.each([
    { name: "other" },
    { timeout: "2h" },
    { env: { N: 2 } },
    { tags: ["x"] },
    { concurrency: { key: "k" } },
    { secrets: ["A"] },
    { schedule: [{ cron: "@daily" }] },
    { outputs: { a: 1 } },
    { finally: { z: { uses: "noop" } } },
    { tasks: { ...diamond.tasks, top: { run: "echo top", queue_timeout: "1m" } } },
    { tasks: { ...diamond.tasks, top: { run: "echo top", if: "true" } } },
    { tasks: { ...diamond.tasks, top: { run: "echo top", for_each: [1] } } },
    { tasks: { ...diamond.tasks, top: { run: "echo top", retries: {} } } },
    { tasks: { ...diamond.tasks, top: { run: "echo top", outputs: [] } } },
  ])("differs with %j", async (change) => {
    expect(await digest(definition({ ...diamond, ...change }))).not.toBe(await digest(diamond))
  })
})

test("the JSON Schema has one definition of a task for all sections, and of every type", () => {
  const { properties, $defs } = JSON.parse(JSON.stringify(jsonSchema()))
  for (const section of ["tasks", "on_failure", "finally"]) {
    expect(properties[section].additionalProperties).toEqual({ $ref: "#/$defs/Task" })
  }
  expect($defs.Task.properties.uses.enum).toContain("approval")
  expect(JSON.stringify({ properties, $defs })).not.toContain("__schema")
  expect(properties.inputs.additionalProperties.properties.items).toMatchObject({ $ref: "#/$defs/Fragment" })
})

test("the JSON Schema describes a task by its type", () => {
  const schema = JSON.stringify(jsonSchema())
  expect(schema).toContain('"if":{"properties":{"uses":{"const":"shell"}}')
  expect(schema).toContain('"max_retries"')
  expect(JSON.parse(schema).required).toEqual(["name", "tasks"])
})
