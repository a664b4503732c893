import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { runId, taskRunId } from "#language/run-id.ts"
import { collections } from "../collections.ts"
import { type GivenMetadata, givenMetadata, givenRun } from "../given.ts"
import type { Execution } from "./execution.ts"

let database: Database
let given: GivenMetadata

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata" })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(documents)
})

afterAll(() => database.close())

const workspace_id = "01900000-0000-7000-8000-00000000000a"
const day_ms = 86_400_000

type Past = {
  readonly ago_ms: number
  readonly workflow: string
  readonly task?: string
  readonly type?: string
  readonly worker_id?: string
  readonly took_ms?: number
  readonly error?: { readonly code: string; readonly message: string }
  readonly outputs?: Record<string, unknown>
  readonly going?: boolean
}

/** Attempts of runs of their own, told as the scheduler would have told them then. */
const past = async (all: readonly Past[]): Promise<void> => {
  const now_ms = Date.now()
  const events = all.flatMap((one): Envelope[] => {
    const run_id = runId(Bun.randomUUIDv7())
    const at = (back_ms: number) => new Date(now_ms - one.ago_ms - back_ms).toISOString()
    const { task = "build", type = "shell", worker_id = "worker-1", took_ms = 5 } = one
    const fact = {
      ...{ task_run_id: taskRunId(run_id, 0), run_id, workspace_id, task, attempt: 1 },
      ...{ in_workflow: one.workflow, type },
    }
    const envelope = { id: Bun.randomUUIDv7(), source: "scheduler", key: run_id, at: at(0) }
    const started = { ...fact, at: at(took_ms), worker_id }
    const begun: Envelope = { ...envelope, type: "task.started", data: started }
    if (one.going) return [begun]
    const usage = { exit_code: 0, signal: null, cpu_ms: 3, max_memory_bytes: 1_000 }
    const end = { ...fact, at: at(0), log_chunks: 0, usage }
    const { error, outputs = {} } = one
    const over: Envelope = error
      ? { ...envelope, type: "task.failed", data: { ...end, error } }
      : { ...envelope, type: "task.completed", data: { ...end, outputs } }
    return [begun, over]
  })
  await given.handle(events)
}

const list = async (query: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await given.get(`executions?${new URLSearchParams(query)}`, headers)
  expect(answer.status).toBe(200)
  return (await answer.json()) as { items: Execution[]; next_cursor: string | null }
}

/** All pages, as who reads on sees them. */
const all = async (query: Record<string, string>) => {
  const found: Execution[] = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const page = await list({ ...query, ...(cursor !== "" && { cursor }) })
    found.push(...page.items)
    cursor = page.next_cursor
  }
  return found
}

const ages = (found: readonly Execution[]): number[] => {
  const now_ms = Date.now()
  return found.map(({ finished_at }) => Math.round((now_ms - Date.parse(finished_at ?? "")) / 60_000))
}

describe("attempts are found", () => {
  test("by workflow, task, type, worker and status, over weeks, the latest first", async () => {
    const often = Array.from({ length: 120 }, (_, index) => ({
      ago_ms: index * 3 * 3_600_000,
      workflow: "often",
      type: index % 40 === 0 ? "container" : "shell",
      worker_id: index === 77 ? "worker-rare" : "worker-1",
      task: index % 2 === 0 ? "build" : "shard[3]",
      ...(index % 50 === 49 && { error: { code: "task.exit", message: "exit code 7" } }),
    }))
    await past([...often, { ago_ms: 20 * day_ms, workflow: "rarely" }])
    expect(ages(await all({ workflow: "often", limit: "7" }))).toEqual(
      often.map(({ ago_ms }) => ago_ms / 60_000),
    )
    expect(ages(await all({ workflow: "rarely" }))).toEqual([20 * 24 * 60])
    expect(ages(await all({ workflow: "often", type: "container" }))).toEqual([0, 40 * 180, 80 * 180])
    expect(ages(await all({ worker_id: "worker-rare" }))).toEqual([77 * 180])
    expect(await all({ workflow: "often", task: "shard" })).toHaveLength(60)
    expect(await all({ workflow: "often", task: "shard[3]" })).toHaveLength(60)
    expect(await all({ workflow: "often", task: "shard[4]" })).toEqual([])
    expect(ages(await all({ workflow: "often", status: "failed" }))).toEqual([49 * 180, 99 * 180])
    expect(await all({ workflow: "often", status: "failed", worker_id: "worker-rare" })).toEqual([])
    expect(await all({ workflow: "never" })).toEqual([])
    expect((await list({ workflow: "often" }, given.as_other)).items).toEqual([])
  })

  test("by time, of when they ended", async () => {
    await past([1, 2, 3, 4].map((hours) => ({ ago_ms: hours * 3_600_000, workflow: "timed" })))
    expect(ages(await all({ workflow: "timed", since: "150m" }))).toEqual([60, 120])
    expect(ages(await all({ workflow: "timed", since: "210m", until: "90m" }))).toEqual([120, 180])
    const since = new Date(Date.now() - 210 * 60_000).toISOString()
    expect(ages(await all({ workflow: "timed", since }))).toEqual([60, 120, 180])
  })

  test("by how long they took", async () => {
    const took = [10, 999, 1_000, 1_999, 2_000, 65_000, 3_600_000]
    await past(took.map((took_ms, index) => ({ ago_ms: (10 + index) * 60_000, workflow: "long", took_ms })))
    const of = async (query: Record<string, string>) =>
      (await all({ workflow: "long", ...query })).map(({ duration_ms }) => duration_ms)
    expect(await of({ min_duration: "2s" })).toEqual([2_000, 65_000, 3_600_000])
    expect(await of({ min_duration: "1500ms" })).toEqual([1_999, 2_000, 65_000, 3_600_000])
    expect(await of({ min_duration: "500ms", max_duration: "1s" })).toEqual([999, 1_000])
    expect(await of({ min_duration: "2h" })).toEqual([])
  })

  test("by words of their error and by values of their outputs", async () => {
    const error = (message: string) => ({ error: { code: "http.refused", message } })
    await past([
      { ago_ms: 1_000, workflow: "worded", ...error("Connection to db-7 refused after 30 s") },
      { ago_ms: 2 * day_ms, workflow: "worded", ...error("Connection reset") },
      {
        ago_ms: 3_000,
        workflow: "worded",
        outputs: { rows: 5, report: { state: "late" }, list: [1], "a=b": "c" },
      },
      { ago_ms: 4_000, workflow: "worded", outputs: { rows: "5", $where: "1" } },
    ])
    const count = async (query: Record<string, string>) =>
      (await all({ workflow: "worded", ...query })).length
    expect(await count({ error: "connection" })).toBe(2)
    expect(await count({ error: "REFUSED connection" })).toBe(2)
    expect(await count({ error: "db 7" })).toBe(1)
    expect(await count({ error: "connect" })).toBe(0)
    expect(await count({ output: "rows=5" })).toBe(2)
    expect(await count({ output: "report.state=late" })).toBe(1)
    expect(await count({ output: "report.state=early" })).toBe(0)
    expect(await count({ output: "$where=1" })).toBe(1)
  })

  test("while they go on before those that have ended, and what they took is told afterwards", async () => {
    await past([
      { ago_ms: 3_600_000, workflow: "going", going: true },
      { ago_ms: 60_000, workflow: "going", going: true },
      { ago_ms: 1_000, workflow: "going" },
    ])
    const statuses = (await all({ workflow: "going", limit: "1" })).map(({ status }) => status)
    expect(statuses).toEqual(["running", "running", "completed"])
    expect(await all({ workflow: "going", status: "running" })).toHaveLength(2)
    expect(await all({ workflow: "going", status: "running", since: "10m" })).toHaveLength(1)
    const [ended] = await all({ workflow: "going", status: "completed" })
    expect(ended).toMatchObject({
      ...{ workflow: "going", type: "shell", worker_id: "worker-1", duration_ms: 5 },
      usage: { exit_code: 0, cpu_ms: 3, max_memory_bytes: 1_000 },
    })
    expect(Object.keys(ended ?? {})).not.toContain("workspace_id")
  })

  test("each once, also where hundreds ended at the same time", async () => {
    const same = Array.from({ length: 300 }, () => ({ ago_ms: 90_000, workflow: "same" }))
    await past(same)
    for (const limit of ["7", "200"]) {
      const found = await all({ workflow: "same", limit })
      expect(new Set(found.map(({ id }) => id)).size).toBe(300)
      expect(found).toHaveLength(300)
    }
  })
})

test("attempts are found by the inputs of their runs, over all pages, and with every other filter", async () => {
  const runs = Array.from({ length: 7 }, () => givenRun(given))
  for (const [index, run] of runs.entries()) {
    const inputs = { customer: index === 3 ? "other" : 4_711, deep: { "a.b": true } }
    const fact = { run_id: run.run_id, workspace_id, workflow: "flow", version: 1, trigger: "t" }
    await run.told("workflow.started", { ...fact, started_at: new Date().toISOString(), inputs })
    for (let task = 0; task < 3; task += 1) await run.taskStarted(task)
    await run.taskCompleted(0, 0)
  }
  const found = async (query: Record<string, string>) => (await all(query)).map(({ id }) => id)
  const expected = runs
    .filter((_, index) => index !== 3)
    .flatMap((run) => [0, 1, 2].map((task) => `${run.taskRun(task)}:1`))
    .sort()
    .toReversed()
  for (const limit of ["1", "2", "5", "200"])
    expect(await found({ input: "customer=4711", limit })).toEqual(expected)
  expect(await found({ input: "customer=4711", status: "completed" })).toHaveLength(6)
  expect(await found({ input: "customer=other" })).toHaveLength(3)
  expect(await found({ input: "deep.a.b=true", run_id: runs[3]?.run_id ?? "" })).toHaveLength(3)
  expect(await found({ input: "customer=4711", run_id: runs[3]?.run_id ?? "" })).toEqual([])
  expect(await found({ input: "customer=4712" })).toEqual([])
  expect((await list({ input: "customer=4711" }, given.as_other)).items).toEqual([])
  expect((await given.get("executions?input=customer")).status).toBe(422)
})

test("counts and percentiles are told by workflow, task and time, and only of the workspace", async () => {
  const hour_ms = 3_600_000
  const at = (hours: number) => Date.now() - hours * hour_ms - 60_000
  const some = (hours: number, more: Partial<Past>) =>
    Array.from({ length: 100 }, (_, index) => ({
      ago_ms: at(hours),
      workflow: "counted",
      took_ms: 10 * (index + 1),
      ...more,
    }))
  const now_hour = Math.floor(Date.now() / hour_ms)
  await past([
    ...some(now_hour - 3, {}),
    ...some(now_hour - 5, { task: "shard[1]", error: { code: "x", message: "y" } }),
  ])
  const stats = async (query: Record<string, string>, headers = {}) => {
    const answer = await given.get(
      `executions/stats?${new URLSearchParams({ workflow: "counted", ...query })}`,
      headers,
    )
    return {
      status: answer.status,
      items: ((await answer.json()) as { items: Record<string, unknown>[] }).items,
    }
  }
  const { items } = await stats({ every: "1h", by: "task", since: "10h" })
  const zeros = { completed: 0, failed: 0, cancelled: 0, skipped: 0 }
  expect(items).toMatchObject([
    { ...zeros, workflow: "counted", task: "shard", total: 100, failed: 100 },
    { ...zeros, workflow: "counted", task: "build", total: 100, completed: 100 },
  ])
  for (const [name, ms] of Object.entries({ p50_ms: 500, p95_ms: 950, p99_ms: 990 })) {
    const told = Number(items[1]?.[name])
    expect([name, told > ms * 0.88 && told < ms * 1.12]).toEqual([name, true])
  }
  expect(
    (await stats({ every: "30d", since: "60d" })).items.reduce((sum, { total }) => sum + Number(total), 0),
  ).toBe(200)
  expect((await stats({ task: "shard", every: "1h" })).items).toHaveLength(1)
  expect((await stats({}, given.as_other)).items).toEqual([])
  for (const query of [{ every: "1s" }, { every: "1m", since: "30d" }, { by: "worker" }, { since: "soon" }])
    expect((await stats(query as unknown as Record<string, string>)).status).toBe(422)
})

test("what can't be meant is refused, and nothing hostile reaches the store", async () => {
  const refused = [
    ...["status=lost", "since=yesterday", "min_duration=long", "output=rows", "output=%3D5", "error=%20-%20"],
    ...["cursor=x", `cursor=${btoa('{"open":false,"at":{"$gt":0},"id":""}')}`, "limit=0", "limit=201"],
    ...[`workflow=${"x".repeat(201)}`, `error=${"x".repeat(201)}`, "until=99999999999d"],
  ]
  for (const query of refused)
    expect([query, (await given.get(`executions?${query}`)).status]).toEqual([query, 422])
  for (const name of ["workflow", "task", "type", "worker_id", "error", "output"]) {
    for (const text of [
      "'; drop table doc_execution; --",
      '{"$ne":""}',
      "\0=\0",
      "\ud800=x",
      "[=[",
      "__proto__=x",
    ]) {
      const { status } = await given.get(`executions?${new URLSearchParams({ [name]: text })}`)
      expect([200, 400, 422]).toContain(status)
    }
  }
})
