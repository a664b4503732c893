import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id } from "./given.ts"
import type { Job } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

const post = (body: unknown, more = {}) => door.ask<Job>("POST", "/jobs", { body, ...more })

const get = async (id: string): Promise<Job> => (await door.ask<Job>("GET", `/jobs/${id}`)).body

const stored = (table: "ready" | "timer", id: string) =>
  engine.database.run((sql) =>
    table === "ready"
      ? sql`select queue, slot, rank::text as rank, run_id from scheduler.ready where task_run_id = ${id}::text::uuid`
      : sql`select kind, due_at from scheduler.timer where task_run_id = ${id}::text::uuid order by due_at`,
  )

describe("a new job", () => {
  test("answers 201 with all that it is, which is what is stored", async () => {
    const { status, body } = await post({ type: "noop", payload: { a: [1, "ü", null] } })
    expect(status).toBe(201)
    const { id, created_at, updated_at, ...rest } = body
    expect(rest).toEqual({
      ...{
        idempotency_key: null,
        type: "noop",
        payload: { a: [1, "ü", null] },
        queue: "default",
        priority: 0,
      },
      ...{ status: "queued", attempt: 0, max_retries: 3, run_at: null, timeout: "1d", result: null },
      concurrency: null,
      ...{ error: null, worker_id: null, started_at: null, completed_at: null },
    })
    expect(updated_at).toBe(created_at)
    expect(await get(id)).toEqual(body)
  })

  test("may be claimed at once: a minute earlier for each point of priority", async () => {
    const job = await door.create({ queue: "mail", priority: 2 })
    const [ready] = await stored("ready", job.id)
    const rank = String(Date.parse(job.created_at) - 120_000)
    expect(ready).toEqual({ queue: "mail", slot: "inline", rank, run_id: null })
    expect(await stored("timer", job.id)).toEqual([])
  })

  test("with a later start is pending, with a timer instead of a place in the queue", async () => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString()
    const job = await door.create({ run_at: run_at.replace("Z", "+00:00") })
    expect([job.status, job.run_at]).toEqual(["pending", run_at])
    expect(await stored("ready", job.id)).toEqual([])
    expect(await stored("timer", job.id)).toEqual([{ kind: "start", due_at: new Date(run_at) }])
    expect(await get(job.id)).toEqual(job)
  })

  test("whose start is past runs now", async () => {
    const job = await door.create({ run_at: "2020-01-01T00:00:00+02:00" })
    expect([job.status, job.run_at]).toEqual(["queued", "2019-12-31T22:00:00.000Z"])
    expect(await get(job.id)).toEqual(job)
  })

  test("with a limit to its waiting has a timer for that, counted from its start", async () => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString()
    const now = await door.create({ queue_timeout: "1m" })
    const later = await door.create({ queue_timeout: "1m", run_at })
    const at = (time: string, more_ms: number) => new Date(Date.parse(time) + more_ms)
    const [first] = await stored("timer", now.id)
    expect(first).toEqual({ kind: "expire", due_at: at(now.created_at, 60_000) })
    expect(await stored("timer", later.id)).toEqual([
      { kind: "start", due_at: at(run_at, 0) },
      { kind: "expire", due_at: at(run_at, 60_000) },
    ])
  })

  test("keeps how it is to be tried", async () => {
    const job = await door.create({
      ...{ max_retries: 2, timeout: "90s", queue_timeout: "2h" },
      retries: { initial: "5s", factor: 3, max: "1m", jitter: 0 },
    })
    expect([job.max_retries, job.timeout]).toEqual([2, "1m30s"])
    const [row] = await engine.database.run(
      (sql) => sql`select settings, max_retries from scheduler.task_run where id = ${job.id}::text::uuid`,
    )
    const retry = { max_retries: 2, initial_ms: 5_000, factor: 3, max_ms: 60_000, jitter: 0 }
    expect(row).toEqual({
      settings: { timeout_ms: 90_000, retry, queue_timeout_ms: 7_200_000 },
      max_retries: 2,
    })
    expect(await get(job.id)).toEqual(job)
  })

  test.each([[0], [-1], [null], [undefined]])(
    "is tried again three times when told %p",
    async (max_retries) => {
      const job = await door.create({ max_retries })
      expect(job.max_retries).toBe(3)
    },
  )

  test("wakes those who wait in this process, and tells the other processes of its queue", async () => {
    const woken = engine.ready.next(5_000)
    await door.create({ queue: "told" })
    await woken
    const [row] = await engine.database.run(
      (sql) => sql`
        select events -> 0 -> 'data' as data from scheduler.outbox
        where topic = 'task.scheduled' order by id desc limit 1`,
    )
    expect(row).toEqual({ data: { queue: "told", ready: 1 } })
  })
})

describe("a key", () => {
  test("that was used answers 201 with the job it made, whatever is sent with it", async () => {
    const first = await post({ type: "noop", payload: 1, idempotency_key: "once" })
    const again = await post({ type: "sleep", payload: 2, idempotency_key: "once", queue: "other" })
    expect(again).toEqual(first)
    expect(await stored("ready", first.body.id)).toHaveLength(1)
  })

  test("in the body wins over the header", async () => {
    const headers = { "idempotency-key": "of-header" }
    const one = await post({ type: "noop" }, { headers })
    const two = await post({ type: "noop", idempotency_key: "of-body" }, { headers })
    expect([one.body.idempotency_key, two.body.idempotency_key]).toEqual(["of-header", "of-body"])
    expect((await post({ type: "noop" }, { headers })).body).toEqual(one.body)
  })

  test("makes one job of many requests at the same time", async () => {
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, index) => post({ type: "noop", idempotency_key: `race-${index % 3}` })),
    )
    expect(all.every(({ status }) => status === 201)).toBe(true)
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(3)
    const [row] = await engine.database.run(
      (sql) => sql`select count(*)::int as count from scheduler.task_run where idempotency_key like 'race-%'`,
    )
    expect(row).toEqual({ count: 3 })
  })

  test("belongs to its workspace", async () => {
    const body = { type: "noop", idempotency_key: "ours" }
    const [one, two] = [await post(body), await post(body, { workspace: other_workspace_id })]
    expect(two.body.id).not.toBe(one.body.id)
    const found = await door.ask("GET", `/jobs/${two.body.id}`)
    expect([found.status, found.body.code]).toEqual([404, "job.not_found"])
  })

  test("still answers with its job when that has gone on", async () => {
    const { body } = await post({ type: "noop", idempotency_key: "gone-on" })
    await engine.database.run(
      (sql) => sql`update scheduler.task_run set status = 'completed' where id = ${body.id}::text::uuid`,
    )
    expect((await post({ type: "noop", idempotency_key: "gone-on" })).body).toMatchObject({
      id: body.id,
      status: "completed",
    })
  })
})

type Item = { job?: Job; problem?: { code: string; errors: { path: string }[] } }

const batch = (jobs: readonly unknown[], more = {}) =>
  door.ask<{ items: Item[]; code?: string }>("POST", "/jobs/batch", { body: { jobs }, ...more })

describe("a batch", () => {
  test("answers each in its order; one that is refused harms no other", async () => {
    const jobs = [
      { type: "noop", payload: 0 },
      { payload: 1 },
      { type: "noop", payload: 2 },
      null,
      { type: "shell" },
    ]
    const { status, body } = await batch(jobs)
    expect(status).toBe(201)
    expect(body.items.map(({ job, problem }) => job?.payload ?? problem?.code)).toEqual([
      ...[0, "request.invalid", 2, "request.invalid", "auth.forbidden"],
    ])
    expect(body.items[1]?.problem?.errors).toEqual([expect.objectContaining({ path: "type" })])
  })

  test("of a thousand makes a thousand", async () => {
    const jobs = Array.from({ length: 1_000 }, (_, payload) => ({ type: "noop", payload, queue: "thousand" }))
    const { body } = await batch(jobs)
    expect(body.items.map(({ job }) => job?.payload)).toEqual(jobs.map(({ payload }) => payload))
    expect(new Set(body.items.map(({ job }) => job?.id)).size).toBe(1_000)
    const more = await batch([...jobs, { type: "noop" }])
    expect([more.status, more.body.code]).toEqual([422, "request.invalid"])
  })

  test("that is sent again with its key makes nothing new", async () => {
    const headers = { "idempotency-key": "batch" }
    const jobs = [{ type: "noop" }, { type: "noop", idempotency_key: "own" }]
    const first = await batch(jobs, { headers })
    expect(first.body.items.map(({ job }) => job?.idempotency_key)).toEqual(["batch/0", "own"])
    expect((await batch(jobs, { headers })).body).toEqual(first.body)
  })
})

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

describe("refused is", () => {
  test.each([
    ["nothing", "", 400],
    ["broken JSON", '{"type":', 400],
    ["a list", "[]", 422],
    ["no type", "{}", 422],
    ["a type of other characters", '{"type":"a b"}', 422],
    ["an unknown field", '{"type":"noop","status":"completed"}', 422],
    ["somebody else's workspace", `{"type":"noop","workspace_id":"${other_workspace_id}"}`, 422],
    ["a NUL", '{"type":"noop","payload":"a\\u0000"}', 422],
    ["a NUL in a key", '{"type":"noop","payload":{"a":{"\\u0000":1}}}', 422],
    ["half of a surrogate pair", '{"type":"noop","payload":["\\ud800"]}', 422],
    ["__proto__", '{"type":"noop","payload":{"a":[{"__proto__":{"b":1}}]}}', 422],
    ["__proto__, escaped", '{"type":"noop","payload":{"\\u005f_proto__":1}}', 422],
    ["a number beyond all numbers", '{"type":"noop","payload":1e400}', 422],
    ["deep JSON", `{"type":"noop","payload":${deep(10_000)}}`, 422],
    ["a little too deep JSON", `{"type":"noop","payload":${deep(66)}}`, 422],
    ["a large payload", `{"type":"noop","payload":"${"x".repeat(1_048_577)}"}`, 413],
    ["a payload large in bytes", `{"type":"noop","payload":"${"ü".repeat(524_288)}"}`, 413],
    ["a day that isn't", '{"type":"noop","run_at":"2026-02-30T00:00:00Z"}', 422],
    ["a time without a zone", '{"type":"noop","run_at":"2026-03-01T00:00:00"}', 422],
    ["the year 0", '{"type":"noop","run_at":"0000-01-01T00:00:00Z"}', 422],
    ["the year 9999", '{"type":"noop","run_at":"9999-01-01T00:00:00Z"}', 422],
    ["a time as a number", '{"type":"noop","run_at":1}', 422],
    ["an endless timeout", '{"type":"noop","timeout":"99999d"}', 422],
    ["no timeout at all", '{"type":"noop","timeout":"0s"}', 422],
    ["a priority beyond the range", '{"type":"noop","priority":1001}', 422],
    ["half a retry", '{"type":"noop","max_retries":1.5}', 422],
    ["endless retries", '{"type":"noop","max_retries":101}', 422],
    ["a queue of other characters", '{"type":"noop","queue":"A/../b"}', 422],
    ["an empty key", '{"type":"noop","idempotency_key":""}', 422],
    ["a key with a NUL", '{"type":"noop","idempotency_key":"\\u0000"}', 422],
    ["a long key", `{"type":"noop","idempotency_key":"${"k".repeat(256)}"}`, 422],
  ])("%s", async (_, text, status) => {
    const refused = await door.ask("POST", "/jobs", { text })
    expect([refused.status, typeof refused.body.next]).toEqual([status, "string"])
  })

  test("a body that isn't JSON by its type", async () => {
    const headers = { "content-type": "text/plain" }
    expect((await door.ask("POST", "/jobs", { text: "{}", headers })).status).toBe(415)
  })

  test("who may only look", async () => {
    const one = await post({ type: "noop" }, { role: "viewer" })
    const many = await batch([{ type: "noop" }], { role: "viewer" })
    expect([one.status, many.status]).toEqual([403, 403])
  })

  test("a command of somebody who may write none", async () => {
    const job = { type: "shell", payload: { run: "id" } }
    const asked = [await post(job), await post(job, { role: "developer" })]
    expect(asked.map(({ status }) => status)).toEqual([403, 201])
  })
})

test("as deep and as large as it may be, a payload comes back as it was", async () => {
  const payload = [JSON.parse(deep(63)), "x".repeat(1_000_000), { constructor: 1, toString: null }]
  const job = await door.create({ payload })
  expect((await get(job.id)).payload).toEqual(payload)
})
