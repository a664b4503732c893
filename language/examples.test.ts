import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { begin, onReady } from "./decide.ts"
import { checkInputs } from "./inputs.ts"
import { parseOutputs } from "./outputs.ts"
import { parseWorkflow } from "./parse.ts"
import { compile } from "./plan.ts"
import { type Definition, definitionSchema, taskSchema } from "./schema.ts"
import { shellScript } from "./shell.ts"
import { taskTypes } from "./task-types.ts"

const folder = join(import.meta.dir, "../examples")

const files = readdirSync(folder).filter((name) => name.endsWith(".yml"))

const read = (file: string): Definition => {
  const parsed = parseWorkflow(readFileSync(join(folder, file), "utf8"), { file })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.definition
}

test.each(files)("the example %s is valid, and begins without being given anything", (file) => {
  const definition = read(file)
  expect(checkInputs(definition, {}).ok).toBe(true)
  expect(begin(compile(definition)).release.length).toBeGreaterThan(0)
})

/** What the pieces that a page shows may refer to. */
const around =
  "name: shown\nsecrets: [ORDERS_TOKEN]\ninputs: { day: { type: string }, rows: { type: array } }\n"

test("what docs/executors.md shows is valid", () => {
  const page = readFileSync(join(folder, "../docs/executors.md"), "utf8")
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => around + text)
  expect(blocks.length).toBeGreaterThan(3)
  for (const text of blocks) expect(parseWorkflow(text, { file: "executors.md" })).toMatchObject({ ok: true })
})

test("the workflow in docs/workflow-files.md is valid, and shows every key that a workflow has", () => {
  const text = readFileSync(join(import.meta.dir, "../docs/workflow-files.md"), "utf8")
  const [, source = ""] = /```yaml\n([\s\S]*?)```/.exec(text) ?? []
  const parsed = parseWorkflow(source)
  expect(parsed.ok ? [] : parsed.errors).toEqual([])
  for (const schema of [definitionSchema, taskSchema]) {
    for (const key of Object.keys(schema.shape)) expect(text).toContain(`\`${key}\``)
  }
  for (const [type, schema] of Object.entries(taskTypes)) {
    expect(text).toContain(`\`${type}\``)
    if (!("shape" in schema) || type === "compute" || type === "transform" || type === "flaky") continue
    const [, row = ""] = new RegExp(`^\\| \`${type}\` +\\|(.*)`, "m").exec(text) ?? []
    for (const key of Object.keys(schema.shape))
      expect([type, row]).toEqual([type, expect.stringMatching(new RegExp(`\\b${key}\\b`))])
  }
})

type Ended = { status: string; outputs: Readonly<Record<string, unknown>> }

/** One task after the other, each tried once: enough to see that the scripts do what they teach. */
const runThrough = (definition: Definition, given: unknown) => {
  const inputs = checkInputs(definition, given)
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.errors))
  const plan = compile(definition)
  const scratch = mkdtempSync(join(tmpdir(), "wf-example-"))
  const tasks: Record<string, Ended> = {}
  let printed = ""
  for (const task of plan.tasks) {
    const bad = task.needs.filter((idx) => {
      const need = plan.tasks[idx]
      return need && tasks[need.name]?.status !== "completed" && !need.continue_on_error
    })
    if (onReady(task.when, bad.length) === "skip") {
      tasks[task.name] = { status: "skipped", outputs: {} }
      continue
    }
    const output = join(scratch, `${task.idx}.output`)
    writeFileSync(output, "")
    const run = { id: "run-1", workflow: definition.name, version: 1 }
    const { script, env } = shellScript(String(task.with.run), { inputs: inputs.values, tasks, run })
    const done = spawnSync("sh", ["-c", script], {
      cwd: scratch,
      env: { PATH: "/usr/bin:/bin", ...plan.env, ...task.env, ...env, WF_OUTPUT: output },
      encoding: "utf8",
    })
    printed += done.stdout
    const outputs = parseOutputs(readFileSync(output, "utf8"))
    tasks[task.name] = {
      status: done.status === 0 ? "completed" : "failed",
      outputs: outputs.ok ? outputs.values : {},
    }
  }
  const card = readdirSync(scratch).includes("card.txt")
    ? readFileSync(join(scratch, "card.txt"), "utf8")
    : undefined
  rmSync(scratch, { recursive: true })
  return { statuses: Object.values(tasks).map(({ status }) => status), printed, card, tasks }
}

describe("the scripts of the examples", () => {
  test("hello passes its greeting on to the card, whatever the name contains", () => {
    const { statuses, printed, card } = runThrough(read("hello.yml"), { name: '$(whoami) "Ada"' })
    expect(new Set(statuses)).toEqual(new Set(["completed"]))
    expect(card).toStartWith('Hello, $(whoami) "Ada"!\n22 bytes of friendliness, made on ')
    expect(printed).toContain("Goodbye. The card of run run-1 was completed.")
  })

  test("fails ends as it says", () => {
    const { tasks } = runThrough(read("fails.yml"), {})
    expect(Object.fromEntries(Object.entries(tasks).map(([name, { status }]) => [name, status]))).toEqual({
      prepare: "completed",
      flaky: "failed",
      optional: "failed",
      after_optional: "completed",
      land: "skipped",
      alarm: "completed",
    })
  })
})
