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
  await house.database.run((sql) => sql`delete from workflow.trigger`)
})
afterAll(() => house.close())

type Json = Record<string, unknown>

const { home, send, push } = developerAt(() => house)

const done = (result: unknown, workspace_id = home): Envelope => ({
  ...{ id: crypto.randomUUID(), type: "job.completed", source: "scheduler", key: "job" },
  at: new Date(Date.now() + 1_000).toISOString(),
  data: {
    ...{ job_id: crypto.randomUUID(), workspace_id, type: "resize", queue: "default", attempt: 1, result },
    ...{ log_chunks: 0, at: new Date().toISOString() },
  },
})

const stored = (run_id: string): Envelope => ({
  ...{ id: crypto.randomUUID(), type: "artifact.stored", source: "artifact", key: run_id },
  at: new Date(Date.now() + 1_000).toISOString(),
  data: {
    ...{ artifact_id: crypto.randomUUID(), workspace_id: home, run_id, task: "one", name: "out.csv" },
    ...{ size_bytes: 1, sha256: "0" },
  },
})

const waiting = (whole_run_id: string): Envelope => {
  const run_id = runId(house.kit.id())
  const at = new Date(Date.now() + 1_000).toISOString()
  return {
    ...{ id: crypto.randomUUID(), type: "task.waiting", source: "scheduler", key: run_id, at },
    data: {
      ...{ task_run_id: crypto.randomUUID(), run_id, whole_run_id, workspace_id: home, task: "one" },
      ...{ attempt: 0, at, for: "signal", until: null },
    },
  }
}

const follow = (...events: readonly Envelope[]) => followEvents(house)(events)
const start = () => startTriggered({ ...house, log: silentLog, readNow: databaseNow })()

const begun = async (...events: readonly Envelope[]) => {
  await follow(...events)
  while (await start());
  return house.desk.calls.flat()
}

const hookOf = async (workflow: string) =>
  ((await send("GET", `/hooks?workflow=${workflow}`)).body.items as Json[])[0]

test("an event begins a run, once, however often and wherever it is told", async () => {
  await push(
    "resized",
    '{ type: event, name: done, event: job.completed, if: "trigger.event.data.result.ok", inputs: { of: "${{ trigger.type }} ${{ trigger.event.type }} ${{ trigger.event.data.queue }}" } }',
  )
  const event = done({ ok: true })
  await Promise.all([follow(event, event), follow(event)])
  const [run, ...more] = await begun(event)
  expect(more).toEqual([])
  expect(run).toMatchObject({ workflow: "resized", trigger: "event", workspaceId: home })
  expect(JSON.parse(run?.inputsJson ?? "")).toEqual({ of: "event job.completed default" })
  expect(await hookOf("resized")).toMatchObject({
    ...{ type: "event", name: "done", event: "job.completed", upstream: null, path: null },
    last: { status: "started", run_id: run?.runId },
  })
})

test("the newest runs that events have begun are shown", async () => {
  await push("shown", "{ type: event, event: job.completed }")
  const [run] = await begun(done({}))
  expect((await send("GET", "/hooks/shown/1")).body.deliveries).toMatchObject([
    { status: "started", reason: null, run_id: run?.runId },
  ])
})

test("events of others, of another type, from before and that the condition refuses begin nothing and leave no row", async () => {
  await push("choosy", '{ type: event, event: job.completed, if: "trigger.event.data.result.ok" }')
  const early = { ...done({ ok: true }), at: "2026-01-01T00:00:00.000Z" }
  const others = [done({ ok: true }, crypto.randomUUID()), stored(runId(house.kit.id())), early]
  expect(await begun(...others)).toEqual([])
  expect((await hookOf("choosy"))?.last).toBe(null)
  expect(await begun(done({ ok: false }))).toEqual([])
  expect((await hookOf("choosy"))?.last).toMatchObject({ status: "skipped", reason: "its `if` is not true" })
  expect(await begun(done({ ok: true, more: "x".repeat(300_000) }))).toEqual([])
  expect((await hookOf("choosy"))?.last).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("and may have 262144"),
  })
  expect(await house.database.run((sql) => sql`select from workflow.triggered`)).toEqual([])
  expect(await begun(done({ ok: true }))).toHaveLength(1)
})

test("runs that begin each other by what they tell are ten in a row", async () => {
  await push("echo", "{ type: event, event: artifact.stored }")
  let run_id = runId(house.kit.id())
  let count = 0
  for (; count < 50; count += 1) {
    house.desk.calls.length = 0
    const [run] = await begun(stored(run_id))
    if (!run) break
    run_id = run.runId
  }
  expect(count).toBe(10)
  expect((await hookOf("echo"))?.last).toMatchObject({
    status: "skipped",
    reason: expect.stringContaining("the workflows begin each other"),
  })
})

test("what tasks of a part tell counts as its whole's: chains through parts are ten in a row, too", async () => {
  await push("deep", "{ type: event, event: task.waiting }")
  let whole_run_id = runId(house.kit.id())
  let count = 0
  for (; count < 50; count += 1) {
    house.desk.calls.length = 0
    const [run] = await begun(waiting(whole_run_id))
    if (!run) break
    whole_run_id = run.runId
  }
  expect(count).toBe(10)
})

test("a trigger begins a thousand runs a minute, and says so when there would be more", async () => {
  await push("flooded", "{ type: event, event: job.completed }")
  for (let batch = 0; batch < 6; batch += 1) {
    await follow(...Array.from({ length: 200 }, (_, index) => done({ index })))
  }
  const [row] = await house.database.run(
    (sql) => sql<{ count: number }>`select count(*)::int as count from workflow.triggered`,
  )
  expect(row?.count).toBe(1_000)
  expect((await hookOf("flooded"))?.last).toMatchObject({
    status: "skipped",
    reason: "it has begun 1000 runs within a minute: what happens beyond that begins none",
  })
  await house.database.run(
    (sql) => sql`update workflow.triggered set created_at = created_at - interval '61 seconds'`,
  )
  expect(await follow(done({}))).toBe(true)
})

test("only events that somebody waits for are asked for, from the push on", async () => {
  const wanted = () => house.listening.wanted().map(({ topic }) => topic)
  await house.listening.refresh()
  await house.listening.refresh()
  expect(wanted()).toEqual([])
  await push("asks", "{ type: event, event: job.completed }")
  expect(wanted()).toEqual(["job.completed"])
  await house.listening.refresh()
  await house.listening.refresh()
  expect(wanted()).toEqual(["job.completed"])
  await push("ends", "{ type: workflow, workflow: asks }")
  expect(wanted().sort()).toEqual(["job.completed", "workflow.completed"])
  await house.listening.refresh()
  await house.listening.refresh()
  expect(wanted().sort()).toEqual(["job.completed", "workflow.completed"])
  await push("ends", "{ type: webhook }")
  await push("asks", "{ type: webhook }")
  await house.listening.refresh()
  await house.listening.refresh()
  expect(wanted()).toEqual([])
})

test("an event that isn't told with its workspace, or doesn't exist, is refused at the push", async () => {
  const near = await push("near", "{ type: event, event: job.complete }")
  expect([near.status, JSON.stringify(near.body)]).toEqual([
    422,
    expect.stringContaining("did you mean `job.completed`?"),
  ])
  expect((await push("none", "{ type: event, event: user.registered }")).status).toBe(422)
})
