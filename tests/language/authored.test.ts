import { expect, test } from "bun:test"
import { digest } from "#language/canonical.ts"
import { checkDefinition } from "#language/check.ts"
import { parseWorkflow } from "#language/parse.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { each, expr, workflow, z } from "#sdk/index.ts"
import { randomDefinition } from "./definitions.ts"

type Json = Record<string, unknown>

/** The builder without its types: for what is made at random they can say nothing. */
type Untyped = {
  input(inputs: Json): Untyped
  task(name: string, task: Json): Untyped
  onFailure(name: string, task: Json): Untyped
  finally(name: string, task: Json): Untyped
  outputs(make: () => Json): Untyped
  definition(): Json
}

const sections = { tasks: "task", on_failure: "onFailure", finally: "finally" } as const

const written = ({ name, inputs, outputs, tasks, on_failure, finally: last, ...settings }: Json): Json => {
  let flow = workflow(String(name), settings) as unknown as Untyped
  if (inputs) flow = flow.input(inputs as Json)
  for (const [section, of] of Object.entries({ tasks, on_failure, finally: last })) {
    for (const [task, spec] of Object.entries((of ?? {}) as Json)) {
      flow = flow[sections[section as keyof typeof sections]](task, spec as Json)
    }
  }
  return (outputs ? flow.outputs(() => outputs as Json) : flow).definition()
}

const checked = (value: unknown): Definition => {
  const found = checkDefinition(value)
  if (!found.ok) throw new Error(JSON.stringify(found.errors))
  return found.definition
}

test("whatever a file says can be said in TypeScript, and means the same", async () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const given = randomDefinition(seed)
    const [file, program] = [checked(given), checked(written(given))]
    expect({ seed, plan: compile(program) }).toEqual({ seed, plan: compile(file) })
    expect(await digest(program)).toBe(await digest(file))
  }
})

const file = `
name: all
description: Of everything something.
tags: [reports]
files: [lib/check.ts]
env: { REGION: eu }
secrets: [TOKEN]
schedule: [{ cron: "0 3 * * *", inputs: { day: "2026-01-01" } }]
triggers: [{ type: webhook, secret: TOKEN, inputs: { day: "\${{ trigger.body.day }}" } }]
concurrency: { key: "\${{ inputs.day }}", limit: 1 }
timeout: 1h
inputs:
  day: { type: string, format: date, required: true }
  shops: { type: array, items: { type: string }, default: [a, b] }
  limit: { type: integer, minimum: 1, default: 3 }
tasks:
  extract:
    run: ./extract.sh \${{ inputs.day }} \${{ env.REGION }}
    retries: { max_retries: 4, initial: 2s }
    outputs: [rows, files]
    cache: { key: "\${{ inputs.day }}", ttl: 1d }
    artifacts: ["out/*.csv"]
  load:
    needs: [extract]
    for_each: "\${{ inputs.shops }}"
    max_parallel: 2
    uses: http
    secrets: [TOKEN]
    with:
      method: POST
      url: "https://example.test/\${{ item }}/\${{ index }}"
      json: { rows: "\${{ tasks.extract.outputs.rows }}" }
      auth: { bearer: "\${{ secrets.TOKEN }}" }
  each_file:
    needs: [extract]
    fetch: ["out/*.csv"]
    matrix: { file: "\${{ tasks.extract.outputs.files }}", os: [linux, mac] }
    run: echo \${{ matrix.file }} on \${{ matrix.os }}
  check:
    needs: [load]
    if: tasks.extract.outputs.rows > 0 && tasks.load.status == "completed"
    uses: script
    with: { file: lib/check.ts, data: { rows: "\${{ tasks.extract.outputs.rows }}" } }
  sign: { needs: [check], uses: approval, with: { roles: [admin], timeout: 24h, remind_before: 2h } }
  nap: { needs: [check], uses: sleep, with: { duration: 10m } }
  paid: { needs: [check], uses: signal, with: { timeout: 1h, on_timeout: continue } }
  other:
    needs: [sign]
    uses: workflow
    with: { name: other, version: 2, inputs: { day: "\${{ inputs.day }}" } }
    timeout: 2h
    outputs: [cents]
  greet:
    needs: [other]
    uses: function
    with: { name: greet, input: { cents: "\${{ tasks.other.outputs.cents }}", by: "\${{ trigger.type }}" }, heartbeat_timeout: 5s }
    labels: { zone: eu }
    on_worker_lost: fail
    cache: { key: "\${{ tasks.other.outputs.cents }}" }
    outputs: [said]
  rescue: { needs: [load], when: failure, run: "echo rescue" }
on_failure:
  alert: { uses: notify, with: { channel: email, to: ops@example.test, subject: "failed: \${{ run.id }}" } }
finally:
  tidy: { run: "echo \${{ tasks.extract.status }}" }
outputs:
  rows: "\${{ tasks.extract.outputs.rows }}"
  said: "\${{ tasks.greet.outputs.said }}"
`

const program = workflow("all", {
  description: "Of everything something.",
  tags: ["reports"],
  files: ["lib/check.ts"],
  env: { REGION: "eu" },
  secrets: ["TOKEN"],
  schedule: [{ cron: "0 3 * * *", inputs: { day: "2026-01-01" } }],
  triggers: [{ type: "webhook", secret: "TOKEN", inputs: { day: "${{ trigger.body.day }}" } }],
  concurrency: { key: "${{ inputs.day }}", limit: 1 },
  timeout: "1h",
})
  .input(
    z.object({
      day: z.iso.date(),
      shops: z.array(z.string()).default(["a", "b"]),
      limit: z.int().min(1).default(3),
    }),
  )
  .task("extract", ({ inputs, env }) => ({
    run: `./extract.sh ${inputs.day} ${env.REGION}`,
    retries: { max_retries: 4, initial: "2s" },
    outputs: { rows: z.int(), files: z.array(z.string()) },
    cache: { key: `${inputs.day}`, ttl: "1d" },
    artifacts: ["out/*.csv"],
  }))
  .task("load", ({ inputs, tasks, secrets }) =>
    each(inputs.shops, (shop, index) => ({
      needs: ["extract"],
      max_parallel: 2,
      uses: "http",
      secrets: ["TOKEN"],
      with: {
        method: "POST",
        url: `https://example.test/${shop}/${index}`,
        json: { rows: tasks.extract.outputs.rows },
        auth: { bearer: secrets.TOKEN },
      },
    })),
  )
  .task("each_file", ({ tasks, matrix }) => ({
    needs: ["extract"],
    fetch: ["out/*.csv"],
    matrix: { file: tasks.extract.outputs.files, os: ["linux", "mac"] },
    run: `echo ${matrix.file} on ${matrix.os}`,
  }))
  .task("check", ({ tasks }) => ({
    needs: ["load"],
    if: expr`${tasks.extract.outputs.rows} > 0 && ${tasks.load.status} == ${"completed"}`,
    uses: "script",
    with: { file: "lib/check.ts", data: { rows: tasks.extract.outputs.rows } },
  }))
  .task("sign", {
    needs: ["check"],
    uses: "approval",
    with: { roles: ["admin"], timeout: "24h", remind_before: "2h" },
  })
  .task("nap", { needs: ["check"], uses: "sleep", with: { duration: "10m" } })
  .task("paid", { needs: ["check"], uses: "signal", with: { timeout: "1h", on_timeout: "continue" } })
  .task("other", ({ inputs }) => ({
    needs: ["sign"],
    uses: "workflow",
    with: { name: "other", version: 2, inputs: { day: inputs.day } },
    timeout: "2h",
    outputs: { cents: z.int() },
  }))
  .task("greet", ({ tasks, trigger }) => ({
    needs: ["other"],
    uses: "function",
    with: {
      name: "greet",
      input: { cents: tasks.other.outputs.cents, by: trigger.type },
      heartbeat_timeout: "5s",
    },
    labels: { zone: "eu" },
    on_worker_lost: "fail",
    cache: { key: `${tasks.other.outputs.cents}` },
    outputs: { said: z.string() },
  }))
  .task("rescue", { needs: ["load"], when: "failure", run: "echo rescue" })
  .onFailure("alert", ({ run }) => ({
    uses: "notify",
    with: { channel: "email", to: "ops@example.test", subject: `failed: ${run.id}` },
  }))
  .finally("tidy", ({ tasks }) => ({ run: `echo ${tasks.extract.status}` }))
  .outputs(({ tasks }) => ({ rows: tasks.extract.outputs.rows, said: tasks.greet.outputs.said }))

test("references are the expressions that a file has in their places", async () => {
  const parsed = parseWorkflow(file)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  const made = checked(program.definition())
  expect(compile(made)).toEqual(compile(parsed.definition))
  expect(await digest(made)).toBe(await digest(parsed.definition))
})
