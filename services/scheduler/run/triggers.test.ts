import { afterAll, beforeAll, expect, test } from "bun:test"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { compile } from "#language/plan.ts"
import type { Definition } from "#language/schema.ts"
import { plannedWith } from "../child/given.ts"
import { childRunId } from "../child/id.ts"
import { createEngine, type Engine } from "../engine.ts"
import { given } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { cleanEnded } from "../retention/clean.ts"
import type { Attempt } from "../task/attempt.ts"
import { fireTimers } from "../timer/fire.ts"
import { actorOf, waitsOf } from "../wait/given.ts"
import { rerunRun } from "./rerun.ts"
import { type RunStart, startRuns } from "./start.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
let see: ReturnType<typeof waitsOf>
beforeAll(async () => {
  engine = await given.engine()
  session_id = await given.session(engine)
  see = waitsOf(engine)
})
afterAll(() => engine.close())

const reads: Omit<Definition, "name"> = {
  env: { REF: "${{ trigger.body.ref }}" },
  tasks: {
    one: { uses: "noop", with: { data: "${{ trigger.type }}" }, if: 'trigger.body.ref == "main"' },
    two: { uses: "noop", needs: ["one"], for_each: "${{ trigger.body.list }}" },
  },
  outputs: { said: "${{ trigger.type }} ${{ env.REF }}" },
}

const happened = { type: "webhook", name: "push", body: { ref: "main", list: [1, 2] } }

const start = async (own: Omit<Definition, "name">, more: Partial<RunStart> = {}) => {
  const plan = compile({ name: "test", ...own })
  const [started] = await startRuns(engine)([given.start(plan, { trigger: "webhook", ...more })])
  return started?.run_id ?? ""
}

const seen: Attempt["context"][] = []
const work = (on: Engine = engine) =>
  given.work(on, session_id, ({ context }) => {
    seen.push(context)
    return {}
  })

const kept = (run_id: string) =>
  engine.database.run(
    (sql) => sql<{ happened: unknown }>`
      select happened from scheduler.run_trigger where run_id = ${run_id}::text::uuid`,
  )

test("tasks read what began their run: their conditions, lists and workers, and the run's outputs", async () => {
  const run_id = await start(reads, { happened })
  seen.length = 0
  expect(await work()).toEqual(["one", "two[0]", "two[1]"])
  expect(seen.map(({ trigger }) => trigger)).toEqual([happened, happened, happened])
  expect((await see.run(run_id)).outputs).toEqual({ said: "webhook main" })
})

test("it is kept with the run, for whoever goes on with it", async () => {
  const run_id = await start(reads, { happened })
  const other = createEngine({ ...engine, metrics: createMetrics() })
  await refreshLanes(other)()
  expect(await work(other)).toEqual(["one", "two[0]", "two[1]"])
  expect((await see.run(run_id)).outputs).toEqual({ said: "webhook main" })
})

test("a run that doesn't ask keeps nothing, and its workers are told nothing", async () => {
  const run_id = await start({ tasks: { one: { uses: "noop" } } }, { happened })
  seen.length = 0
  await work()
  expect([seen[0] && "trigger" in seen[0], await kept(run_id)]).toEqual([false, []])
})

test("a run that was begun by hand knows that", async () => {
  const run_id = await start(
    { tasks: { one: { uses: "noop" } }, outputs: { type: "${{ trigger.type }}" } },
    { trigger: "manual" },
  )
  await work()
  expect((await see.run(run_id)).outputs).toEqual({ type: "manual" })
})

test("a rerun reads what the earlier run read, also in its key", async () => {
  const own = { ...reads, concurrency: { key: "ref-${{ trigger.body.ref }}" } }
  const run_id = await start(own, { happened })
  await work()
  const again = await rerunRun(engine)(actorOf("operator"), run_id, { mode: "all" })
  expect(await work()).toEqual(["one", "two[0]", "two[1]"])
  expect((await see.run(again.id)).outputs).toEqual({ said: "rerun main" })
})

test("a run that is a part of another one reads which that is", async () => {
  const part = {
    tasks: { one: { uses: "noop" } },
    outputs: { of: "${{ trigger.run.id }} ${{ trigger.name }}" },
  }
  const whole = { tasks: { load: { uses: "workflow", with: { name: "part" } } } }
  const [started] = await startRuns(engine)([given.start(plannedWith(whole, { part }))])
  const run_id = started?.run_id ?? ""
  await fireTimers(engine)()
  await work()
  const { load } = await see.tasks(run_id)
  expect((await see.run(childRunId(load?.id ?? ""))).outputs).toEqual({ of: `${run_id} load` })
})

test("it goes with its run", async () => {
  const run_id = await start(reads, { happened, run_id: "00f1fed2-2a18-7000-94fb-242e80600000" })
  await work()
  expect(await kept(run_id)).toHaveLength(1)
  await given.readAll(engine)
  await cleanEnded(engine, 30)()
  expect(await kept(run_id)).toHaveLength(0)
})
