import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { createSignal } from "#kernel/service/signal.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { sentEvents } from "#sdk/streams.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { given, workspace_id } from "#services/scheduler/given.ts"
import { schedulerHttp } from "#services/scheduler/http.ts"
import type { RunEvent } from "#services/scheduler/run/shape.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const logs = { appendLogs: () => Promise.reject(new Error("nobody logs here")) }

const actor: Actor = {
  kind: "user",
  user_id: crypto.randomUUID(),
  email: "ada@example.test",
  workspace_id,
  role: "viewer",
  grant_id: crypto.randomUUID(),
}

const open = async (run_id: string, init: RequestInit & { query?: string; from?: Engine } = {}) => {
  const { query = "", from = engine, ...more } = init
  const app = schedulerHttp(
    { ...from, logs, closing: new AbortController().signal },
    {
      service: "scheduler",
      authenticate: async ({ workspace }) => ({ ...actor, workspace_id: workspace ?? workspace_id }),
      log: silentLog,
      metrics: createMetrics(),
    },
  )
  return app.request(`/api/v1/runs/${run_id}/events${query}`, more)
}

const eventsOf = async (response: Response): Promise<readonly RunEvent[]> => {
  const events: RunEvent[] = []
  if (!response.body) return events
  for await (const { data } of sentEvents(response.body)) events.push(JSON.parse(data))
  return events
}

const seqs = (events: readonly RunEvent[]) => events.map((event) => event.seq)

const ended = async () => {
  const run_id = await given.run(engine, { one: { uses: "noop" }, two: { uses: "noop", needs: ["one"] } })
  await given.work(engine, await given.session(engine))
  return run_id
}

test("a run that has ended is told from its beginning to its end, and the stream ends", async () => {
  const events = await eventsOf(await open(await ended()))
  expect(seqs(events)).toEqual([1, 2, 3, 4, 5, 6])
  expect(events.at(-1)).toMatchObject({ type: "workflow.completed", status: "completed" })
})

describe("a follower that comes back", () => {
  test("gets what followed the id it names, without a gap or a double", async () => {
    const response = await open(await ended(), { headers: { "last-event-id": "4" } })
    expect(seqs(await eventsOf(response))).toEqual([5, 6])
  })

  test("may name it in the query too, and the header wins", async () => {
    const run_id = await ended()
    expect(seqs(await eventsOf(await open(run_id, { query: "?after=5" })))).toEqual([6])
    const both = { query: "?after=1", headers: { "last-event-id": "5" } }
    expect(seqs(await eventsOf(await open(run_id, both)))).toEqual([6])
  })

  test("after the end gets nothing, at once", async () => {
    expect(await eventsOf(await open(await ended(), { query: "?after=99" }))).toEqual([])
  })
})

test("events come as they happen, also those of another instance", async () => {
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  const elsewhere = { ...engine, ready: createSignal(), moved: createSignal() }
  const { body } = await open(run_id)
  if (!body) throw new Error("no stream")
  const stream = sentEvents(body)
  expect(JSON.parse((await stream.next()).value?.data ?? "")).toMatchObject({
    seq: 1,
    type: "workflow.started",
  })
  await given.work(elsewhere, await given.session(elsewhere))
  const rest: string[] = []
  for await (const { data } of stream) rest.push((JSON.parse(data) as RunEvent).type)
  expect(rest).toEqual(["task.started", "task.completed", "workflow.completed"])
})

test.each([
  ["another workspace's run", { headers: { "wf-workspace": "0198c0de-0000-7000-8000-000000000002" } }, 404],
  ["a cursor that is no number", { headers: { "last-event-id": "soon" } }, 422],
])("%s is refused with a problem", async (_, init, status) => {
  const response = await open(await ended(), init)
  expect(response.status).toBe(status)
  expect(response.headers.get("content-type")).toBe("application/problem+json")
})
