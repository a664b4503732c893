import { afterAll, beforeAll, expect, test } from "bun:test"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import type { Settlement } from "../task/verdict.ts"
import { actorOf, waitsOf } from "../wait/given.ts"
import { cancelRun } from "./cancel.ts"
import { rerunRun } from "./rerun.ts"
import { startRuns } from "./start.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const operator = actorOf("operator")

const start = async (own: Omit<Definition, "name">, inputs: Record<string, unknown> = {}) => {
  const plan = compile({ name: "test", ...own })
  const [started] = await startRuns(engine)([given.start(plan, { inputs })])
  return started?.run_id ?? ""
}

const outputs = (values: Record<string, unknown>) => (): Partial<Settlement> => ({ outputs: values })

const one = { one: { uses: "noop" } } as const

test("a run answers what its outputs make of its tasks, its inputs and itself, with their types", async () => {
  const own = {
    env: { REGION: "eu-${{ inputs.day }}" },
    tasks: { ...one, two: { uses: "noop", for_each: [1, 2], needs: ["one"] } },
    outputs: {
      rows: "${{ tasks.one.outputs.rows }}",
      where: "in ${{ env.REGION }}, ${{ tasks.one.status }}",
      all: ["${{ tasks.two.outputs.rows }}", { workflow: "${{ run.workflow }}" }],
    },
  }
  const run_id = await start(own, { day: "mon" })
  expect((await see.run(run_id)).outputs).toBeNull()
  await given.work(engine, session_id, outputs({ rows: 7 }))
  const ended = await see.run(run_id)
  expect(ended).toMatchObject({ status: "completed", reason: null })
  expect(ended.outputs).toEqual({
    rows: 7,
    where: "in eu-mon, completed",
    all: [[7, 7], { workflow: "test" }],
  })
})

test("an output that can't be told fails the run, with all that is wrong", async () => {
  const run_id = await start({
    tasks: one,
    outputs: { rows: "${{ tasks.one.outputs.rows }}", sum: "${{ tasks.one.outputs.a + 1 }}", fine: "yes" },
  })
  await given.work(engine, session_id)
  const { status, reason, outputs: told } = await see.run(run_id)
  expect([status, told]).toEqual(["failed", null])
  expect(reason).toStartWith("outputs.invalid: `rows`: ")
  expect(reason).toContain("; `sum`: ")
  expect(await see.events(run_id)).toContain("workflow.completed")
})

test("outputs have a bound", async () => {
  const text = "x".repeat(200_000)
  const run_id = await start({
    tasks: one,
    outputs: { a: "${{ tasks.one.outputs.t }}", b: "${{ tasks.one.outputs.t }}" },
  })
  await given.work(engine, session_id, outputs({ t: text }))
  expect(await see.run(run_id)).toMatchObject({
    status: "failed",
    reason: "outputs.invalid: they have 400015 bytes; a run answers at most 262144",
  })
})

test("a run that failed or was cancelled answers nothing", async () => {
  const own = { tasks: one, outputs: { rows: "${{ tasks.one.outputs.rows }}" } }
  const failed = await start(own)
  await given.work(engine, session_id, () => ({ outcome: "failed", non_retryable: true }))
  expect(await see.run(failed)).toMatchObject({ status: "failed", reason: "task_failed", outputs: null })
  const cancelled = await start(own)
  expect(await cancelRun(engine)(operator, cancelled)).toMatchObject({ status: "cancelled", outputs: null })
})

test("a rerun that has nothing left to do answers at once, of what it kept", async () => {
  const run_id = await start({ tasks: one, outputs: { rows: "${{ tasks.one.outputs.rows }}" } })
  await given.work(engine, session_id, outputs({ rows: 3 }))
  const again = await rerunRun(engine)(operator, run_id, { mode: "failed" })
  expect(again).toMatchObject({ status: "completed", outputs: { rows: 3 } })
  expect((await see.run(again.id)).outputs).toEqual({ rows: 3 })
})
