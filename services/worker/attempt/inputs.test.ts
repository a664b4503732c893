import { expect, test } from "bun:test"
import { compile } from "#language/plan.ts"
import { type Task, taskSchema } from "#language/schema.ts"
import type { Execution } from "../executor/executor.ts"
import { inputsOf } from "./inputs.ts"

const executionOf = (definition: Task, context: Execution["context"]): Execution => {
  const [task] = compile({ name: "test", tasks: { only: taskSchema.parse(definition) } }).tasks
  if (!task) throw new Error("there is no task")
  return {
    ...{ workspace_id: "", run_id: "", task_run_id: "", attempt: 1, folder: "/nowhere" },
    ...{ task, context, write: async () => undefined, signal: AbortSignal.timeout(1_000) },
  }
}

const context = {
  inputs: { day: "monday", size: 3 },
  secrets: { KEY: "hunter2" },
  env: { REGION: "eu-${{ inputs.day }}" },
} as unknown as Execution["context"]

test("an attempt was given what its expressions had come to", () => {
  const task = {
    uses: "http",
    with: { url: "http://127.0.0.1/${{ env.REGION }}", body: { size: "${{ inputs.size }}" } },
    env: { DAY: "${{ inputs.day }}" },
  } as Task
  expect(inputsOf(executionOf(task, context))).toEqual({
    url: "http://127.0.0.1/eu-monday",
    body: { size: 3 },
    env: { REGION: "eu-monday", DAY: "monday" },
  })
})

test("nothing of a secret is in it, nor what an expression makes of one", () => {
  const task = {
    uses: "http",
    with: { url: "http://127.0.0.1/", headers: { authorization: "Bearer ${{ secrets.KEY }}" } },
    env: { LENGTH: "${{ size(secrets.KEY) }}" },
    secrets: ["KEY"],
  } as Task
  const given = JSON.stringify(inputsOf(executionOf(task, context)))
  expect(given).not.toContain("hunter2")
  expect(given).toContain("Bearer ***")
  expect(given).toContain('"LENGTH":"3"')
})

test("what is large is left out, and of an expression that fails there is nothing", () => {
  const large = { uses: "http", with: { url: "http://127.0.0.1/", body: "x".repeat(4_000) } } as Task
  expect(inputsOf(executionOf(large, { ...context, env: {} }))).toEqual({ url: "http://127.0.0.1/" })
  const broken = { uses: "http", with: { url: "${{ inputs.nowhere.at.all }}" } } as Task
  expect(inputsOf(executionOf(broken, { ...context, env: {} }))).toBeUndefined()
})

test("who was given nothing has nothing", () => {
  expect(inputsOf(executionOf({ uses: "noop" } as Task, {} as Execution["context"]))).toBeUndefined()
})
