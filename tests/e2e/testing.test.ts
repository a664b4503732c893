import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseOutputs } from "#language/outputs.ts"
import type { Fake, Outcome, TaskOutcome, TestRun } from "#sdk/testing/index.ts"
import { testWorkflow } from "#sdk/testing/index.ts"
import { platform, root, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const example = (name: string): string => readFileSync(join(root, "examples", name), "utf8")

/** Does what the platform's worker does with a script, as far as these need it. */
const shell: Fake = async ({ with: { run }, env, attempt, sleep }) => {
  if (run === "sleep 60") await sleep("60s")
  const folder = mkdtempSync(join(tmpdir(), "wf-testing-e2e-"))
  const WF_OUTPUT = join(folder, "output")
  try {
    writeFileSync(WF_OUTPUT, "")
    const words = ["sh", "-c", String(run)]
    const environment = { ...process.env, ...env, WF_OUTPUT, WF_ATTEMPT: String(attempt) }
    const { exitCode } = Bun.spawnSync(words, { cwd: folder, env: environment })
    if (exitCode !== 0) throw Object.assign(new Error(`exit code ${exitCode}`), { code: "task.exit" })
    const outputs = parseOutputs(readFileSync(WF_OUTPUT, "utf8"))
    if (!outputs.ok) throw new Error(outputs.error)
    return outputs.values
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Who decided an approval, and when, is not the same here and there. */
const comparable = ({ decisions, ...outputs }: Readonly<Record<string, unknown>>) => ({
  ...outputs,
  ...(Array.isArray(decisions) && { decisions: decisions.length }),
})

type Ended = Pick<TaskOutcome, "status" | "reason"> & { readonly attempts: number; readonly outputs: unknown }
type Compared = {
  readonly run: Pick<Outcome, "status" | "reason" | "outputs">
  readonly tasks: Readonly<Record<string, Ended>>
}

const decidedHere = ({ status, reason, outputs, tasks }: Outcome): Compared => {
  const all = Object.entries(tasks).flatMap(([name, task]) => [
    [name, task] as const,
    ...task.items.map((one, index) => [`${name}[${index}]`, one] as const),
  ])
  const ended = all.map(([name, task]) => {
    const { attempts } = task
    return [name, { status: task.status, reason: task.reason, attempts, outputs: comparable(task.outputs) }]
  })
  return { run: { status, reason, outputs }, tasks: Object.fromEntries(ended) }
}

const decidedThere = async (workflow: string, run: TestRun): Promise<Compared> => {
  const { runs } = it.client
  const begun = await runs.start({ workflow, ...(run.inputs && { inputs: { ...run.inputs } }) })
  for (const [name, data] of Object.entries(run.signals ?? {})) await runs.signal(begun.id, name, data)
  for await (const { type, task } of runs.watch(begun.id)) {
    const said = run.approvals?.[task ?? ""]
    if (type !== "task.waiting" || task === null || said === undefined) continue
    await (said === true ? runs.approve(begun.id, task) : runs.reject(begun.id, task))
  }
  const { status, reason, outputs, tasks = [] } = await runs.get(begun.id)
  const ended = tasks.map((task) => {
    const own = { status: task.status, reason: task.reason, attempts: task.attempt }
    return [task.task, { ...own, outputs: comparable(task.outputs ?? {}) }]
  })
  return { run: { status, reason, outputs: outputs ?? {} }, tasks: Object.fromEntries(ended) }
}

const conditions = `
name: same-conditions
inputs: { go: { type: boolean, default: false } }
tasks:
  first: { run: 'echo "rows=3" >> "$WF_OUTPUT"' }
  passed_over: { needs: [first], if: "inputs.go", run: "true" }
  after_it: { needs: [passed_over], run: 'echo "of=\${{ tasks.passed_over.status }}" >> "$WF_OUTPUT"' }
  untold: { needs: [first], if: "tasks.first.outputs.nothing > 1", run: "true", continue_on_error: true }
  unfilled: { needs: [first], uses: transform, with: { data: "\${{ tasks.first.outputs.nothing.more }}" } }
  never: { needs: [unfilled], run: "true" }
  deeper: { needs: [never], run: "true" }
  anyway: { needs: [never], when: always, run: 'echo "saw=\${{ tasks.never.status }}" >> "$WF_OUTPUT"' }
  only_bad: { needs: [first], when: failure, run: "true" }
on_failure:
  alarm: { run: "true" }
  louder: { needs: [alarm], run: "false" }
finally:
  tidy: { run: "true" }
  last: { needs: [tidy], uses: noop }
outputs: { rows: "\${{ tasks.first.outputs.rows }}" }
`

const loops = `
name: same-loops
tasks:
  none: { for_each: "\${{ [] }}", run: "true" }
  number: { run: 'echo "n=5" >> "$WF_OUTPUT"', outputs: [n] }
  no_list: { needs: [number], for_each: "\${{ tasks.number.outputs.n }}", run: "true", continue_on_error: true }
  some: { for_each: [1, 0, 2], run: 'test \${{ item }} -gt 0; echo "n=\${{ item }}" >> "$WF_OUTPUT"', continue_on_error: true }
  fast: { for_each: [0, 1, 2], max_parallel: 1, fail_fast: true, run: "test \${{ item }} -gt 0", continue_on_error: true }
  grid: { matrix: { a: [1, 2], b: [x] }, run: 'echo "is=\${{ matrix.a }}\${{ matrix.b }}" >> "$WF_OUTPUT"' }
  again: { for_each: [a, b], run: "false", retries: { max_retries: 1, initial: 50ms } , continue_on_error: true }
  sum: { needs: [some, grid], uses: noop }
  at_last: { run: 'test "$WF_ATTEMPT" = 2; echo "n=1" >> "$WF_OUTPUT"', retries: { max_retries: 2, initial: 50ms } }
  too_long: { run: sleep 60, timeout: 300ms, continue_on_error: true }
outputs: { all: "\${{ tasks.grid.outputs.is }}", some: "\${{ tasks.some.outputs.n }}" }
`

const waits = `
name: same-waits
tasks:
  paid: { uses: signal, with: { name: paid } }
  late: { uses: signal, with: { name: late, timeout: 300ms, on_timeout: continue } }
  lost: { uses: signal, with: { name: lost, timeout: 300ms } , continue_on_error: true }
  agree: { needs: [paid], uses: approval, with: { roles: [viewer] } }
  refuse: { needs: [paid], uses: approval, with: { roles: [viewer] }, continue_on_error: true }
  default_yes: { uses: approval, with: { roles: [viewer], timeout: 300ms, on_timeout: approve } }
  nap: { needs: [late, lost], uses: sleep, with: { duration: 200ms } }
  done: { needs: [agree, refuse, default_yes, nap], run: 'echo "sum=\${{ tasks.paid.outputs.sum }}" >> "$WF_OUTPUT"' }
outputs: { sum: "\${{ tasks.done.outputs.sum }}", agreed: "\${{ tasks.refuse.outputs.approved }}" }
`

const part = `
name: same-part
inputs: { n: { type: integer, minimum: 1 } }
tasks: { check: { run: "test \${{ inputs.n }} -lt 3" } }
outputs: { n: "\${{ inputs.n }}" }
`

const whole = `
name: same-whole
tasks:
  parts: { for_each: [1, 2, 3, 0], uses: workflow, with: { name: same-part, inputs: { n: "\${{ item }}" } } }
  after: { needs: [parts], when: always, run: 'echo "saw=\${{ tasks.parts.status }}" >> "$WF_OUTPUT"' }
`

const unanswered = `
name: same-unanswered
tasks: { a: { uses: noop } }
outputs: { gone: "\${{ tasks.a.outputs.b.c }}" }
`

const late = `
name: same-late
timeout: 1s
tasks:
  slow: { uses: sleep, with: { duration: 1h } }
  after: { needs: [slow], run: "true" }
finally: { tidy: { run: "true" } }
`

const transform: Fake = ({ with: { data } }) => ({ data })

const words: TestRun["tasks"] = {
  list: ({ inputs }) => ({ words: inputs.words }),
  count: ({ item }) => ({ letters: String(item).length }),
}

/** The part comes before what runs it. */
const set: readonly (readonly [name: string, text: string, run: TestRun])[] = [
  [
    "hello",
    example("hello.yml"),
    { inputs: { name: "Ada" }, tasks: { count_letters: () => ({ letters: 10 }) } },
  ],
  ["fails", example("fails.yml"), {}],
  ["fan-out", example("fan-out.yml"), { tasks: words }],
  ["order", example("order.yml"), { signals: { payment: { amount: 20 } } }],
  ["parcel", example("parcel.yml"), { inputs: { item: "cup", grams: 250 } }],
  ["same-conditions", conditions, {}],
  ["same-loops", loops, {}],
  ["same-waits", waits, { signals: { paid: { sum: 7 } }, approvals: { agree: true, refuse: false } }],
  ["same-part", part, { inputs: { n: 3 } }],
  ["same-whole", whole, { workflows: { "same-part": part } }],
  ["same-unanswered", unanswered, {}],
  ["same-late", late, {}],
]

test.each(set)(
  "a test of %s ends as its run on the platform does, with all of its tasks",
  async (...given) => {
    const [name, text, run] = given
    await it.client.workflows.push(text, `${name}.yml`)
    const here = decidedHere(await testWorkflow(text).run({ types: { shell, transform }, ...run }))
    expect(Object.keys(here.tasks).length).toBeGreaterThan(0)
    expect(here).toEqual(await decidedThere(name, run))
  },
)
