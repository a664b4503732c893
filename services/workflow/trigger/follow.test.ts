import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import type { Envelope } from "#kernel/events/envelope.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { runId } from "#language/run-id.ts"
import { databaseNow } from "../fire/clock.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { followEvents } from "./follow.ts"
import { developerAt } from "./given.ts"
import { startTriggered } from "./start.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
beforeEach(async () => {
  house.desk.calls.length = 0
  await house.database.run((sql) => sql`delete from workflow.triggered`)
})
afterAll(() => house.close())

type Json = Record<string, unknown>

const { home, send, push } = developerAt(() => house)

type More = {
  readonly status?: "completed" | "failed" | "cancelled"
  readonly run_id?: string
  readonly workspace_id?: string
  readonly version?: number
  readonly whole_run_id?: string
}

const end = (workflow: string, more: More = {}): Envelope => ({
  ...{ id: crypto.randomUUID(), type: "workflow.completed", source: "scheduler", key: "run" },
  at: new Date().toISOString(),
  data: {
    ...{ run_id: runId(house.kit.id()), workspace_id: home, workflow, version: 1, status: "completed" },
    ...{ reason: null, started_at: null, finished_at: new Date(Date.now() + 1_000).toISOString() },
    ...more,
  },
})

const firing = () => ({ ...house, log: silentLog, readNow: databaseNow })

const tell = async (...events: readonly Envelope[]) => {
  await followEvents(house)(events)
  await startTriggered(firing())()
  return house.desk.calls.flat().map(({ workflow }) => workflow)
}

test("the end of a run begins another, once, however often and wherever it is told", async () => {
  await push(
    "after",
    '{ type: workflow, workflow: first, inputs: { of: "${{ trigger.run.id }} ${{ trigger.run.status }}" } }',
  )
  const event = end("first")
  await Promise.all([followEvents(house)([event, event]), followEvents(house)([event])])
  await Promise.all([startTriggered(firing())(), startTriggered(firing())()])
  await tell(event)
  const [run, ...more] = house.desk.calls.flat()
  expect(more).toEqual([])
  expect(run).toMatchObject({ workflow: "after", trigger: "workflow", workspaceId: home })
  expect(JSON.parse(run?.inputsJson ?? "")).toEqual({
    of: `${event.type === "workflow.completed" && event.data.run_id} completed`,
  })
  const { body } = await send("GET", "/hooks?workflow=after")
  expect((body.items as Json[])[0]).toMatchObject({
    ...{ type: "workflow", path: null, upstream: "first" },
    last: { status: "started", run_id: run?.runId },
  })
})

test("only ends count that are asked for, of the same workspace, and of a workflow's own versions", async () => {
  await push("picky", "{ type: workflow, workflow: source, status: [failed, cancelled] }")
  expect(await tell(end("source"))).toEqual([])
  expect(await tell(end("source", { status: "failed", workspace_id: crypto.randomUUID() }))).toEqual([])
  expect(await tell(end("source", { status: "failed", version: 0 }))).toEqual([])
  expect(await tell(end("other", { status: "failed" }))).toEqual([])
  expect(await tell(end("source", { status: "failed" }), end("source", { status: "cancelled" }))).toEqual([
    "picky",
    "picky",
  ])
  await send("POST", "/workflows/picky/archive")
  house.desk.calls.length = 0
  expect(await tell(end("source", { status: "failed" }))).toEqual([])
})

test("an end that lies before the trigger begins nothing", async () => {
  const early = end("early")
  if (early.type !== "workflow.completed") throw new Error("another event")
  await push("late", "{ type: workflow, workflow: early }")
  const data = { ...early.data, finished_at: "2026-01-01T00:00:00.000Z" }
  expect(await tell({ ...early, data })).toEqual([])
})

test("workflows that begin each other come to an end, and the trigger says why", async () => {
  await push("ping", "{ type: workflow, workflow: pong }")
  await push("pong", "{ type: workflow, workflow: ping }")
  let workflow = "ping"
  let run_id = runId(house.kit.id())
  let begun = 0
  for (; begun < 50; begun += 1) {
    house.desk.calls.length = 0
    await tell(end(workflow, { run_id }))
    const [run] = house.desk.calls.flat()
    if (!run) break
    workflow = run.workflow
    run_id = run.runId
  }
  expect(begun).toBe(10)
  const { body } = await send("GET", `/hooks?workflow=${workflow === "ping" ? "pong" : "ping"}`)
  expect((body.items as Json[])[0]?.last).toMatchObject({
    status: "skipped",
    reason: expect.stringContaining("the workflows begin each other"),
  })
  const own = await push("own", "{ type: workflow, workflow: own }")
  expect([own.status, own.body.detail]).toEqual([
    422,
    expect.stringContaining("a workflow can't be begun by its own end"),
  ])
})

test("a part whose end begins its whole anew counts as that", async () => {
  await push("whole", "{ type: workflow, workflow: part }")
  let whole_run_id = runId(house.kit.id())
  let begun = 0
  for (; begun < 50; begun += 1) {
    house.desk.calls.length = 0
    await tell(end("part", { whole_run_id }))
    const [run] = house.desk.calls.flat()
    if (!run) break
    whole_run_id = run.runId
  }
  expect(begun).toBe(10)
})

test("what its inputs can't be made of, and a condition that doesn't hold, begin nothing and are told", async () => {
  await push("wrong", '{ type: workflow, workflow: broken, inputs: { of: "${{ trigger.run.nothing }}" } }')
  await push("choosy", '{ type: workflow, workflow: broken, if: "trigger.run.version > 1" }')
  expect(await tell(end("broken"))).toEqual([])
  const { body } = await send("GET", "/hooks")
  const last = new Map(
    (body.items as { workflow: string; last: Json }[]).map((hook) => [hook.workflow, hook.last]),
  )
  expect(last.get("wrong")).toMatchObject({ status: "failed", reason: expect.stringContaining("inputs.of:") })
  expect(last.get("choosy")).toMatchObject({ status: "skipped", reason: "its `if` is not true" })
})

test("a start whose outcome was lost is handed over again as the same run", async () => {
  await push("lost", "{ type: workflow, workflow: lossy }")
  const event = end("lossy")
  await tell(event)
  await house.database.run(
    (sql) => sql`update workflow.triggered set status = 'starting', look_at = created_at`,
  )
  await startTriggered(firing())()
  const [first, second] = house.desk.calls.flat()
  expect([second?.runId, second?.idempotencyKey, second?.bodyHash]).toEqual([
    first?.runId,
    first?.idempotencyKey,
    first?.bodyHash,
  ])
})
