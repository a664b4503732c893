import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { jobId } from "#language/run-id.ts"
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

const list = async (query: string, headers: Record<string, string> = {}) =>
  (await (await given.get(`executions?${query}`, headers)).json()) as {
    items: Execution[]
    next_cursor: string | null
  }

test("an execution is told by its events, however often and late they come", async () => {
  const run = givenRun(given)
  const error = { code: "task.failed", message: "exit 1" }
  const retry_at = new Date().toISOString()
  const tell = async () => {
    await run.taskStarted(0)
    await run.told("task.retrying", { ...run.fact(0, 1), error, retry_at, log_chunks: 3 })
    await run.taskStarted(0, 2)
    await run.taskCompleted(0, 4, 2)
  }
  await tell()
  const first = await list(`run_id=${run.run_id}`)
  expect(first.items).toMatchObject([
    { attempt: 2, status: "completed", worker_id: "worker-1", outputs: { n: 0 }, log_chunks: 4, error: null },
    { attempt: 1, status: "failed", worker_id: "worker-1", error, retry_at, log_chunks: 3, outputs: null },
  ])
  expect(first.items[0]?.started_at).toBeString()
  expect(first.items[0]?.finished_at).toBeString()
  await tell()
  await run.told("task.failed", { ...run.fact(0, 2), error, log_chunks: 0 })
  expect(await list(`run_id=${run.run_id}`)).toEqual(first)
})

test("an end that comes before its beginning is whole with it, in one batch, in two or at once, and found by both", async () => {
  const of = (run: ReturnType<typeof givenRun>) => {
    const envelope = { source: "scheduler", key: run.run_id, at: new Date().toISOString() }
    const fact = { ...run.fact(0, 1), in_workflow: "disorderly", type: "shell" }
    const queued_at = new Date(Date.now() - 5_000).toISOString()
    const start = { ...fact, at: new Date(Date.now() - 4_000).toISOString(), worker_id: "late", queued_at }
    const end = { ...fact, outputs: {}, log_chunks: 2 }
    return [
      { ...envelope, id: Bun.randomUUIDv7(), type: "task.completed", data: end },
      { ...envelope, id: Bun.randomUUIDv7(), type: "task.started", data: start },
    ] as const
  }
  const [apart, together] = [givenRun(given), givenRun(given)]
  for (const event of of(apart)) await given.handle([event])
  await given.handle(of(together))
  // As the members of a group do, each with its own topics.
  const at_once = Array.from({ length: 20 }, () => givenRun(given))
  await Promise.all(at_once.flatMap(of).map((event) => given.handle([event])))
  for (const run of [apart, together, ...at_once]) {
    const [found, ...others] = (await list(`run_id=${run.run_id}`)).items
    expect(others).toEqual([])
    expect(found).toMatchObject({ status: "completed", worker_id: "late", log_chunks: 2 })
    expect(found?.queued_at).toBeString()
    expect(Math.abs((found?.duration_ms ?? 0) - 4_000)).toBeLessThan(1_000)
    for (const event of of(run)) await given.handle([event])
    expect((await list(`run_id=${run.run_id}`)).items).toEqual([found as Execution])
  }
  const slow = await list("workflow=disorderly&worker_id=late&min_duration=2s&status=completed")
  expect(slow.items.map(({ run_id }) => run_id).sort()).toEqual(
    [apart, together, ...at_once].map(({ run_id }) => run_id).sort(),
  )
  expect((await list("workflow=disorderly&status=running")).items).toEqual([])
})

test("a task that waits is shown waiting until it has ended, and its log is known to be empty", async () => {
  const run = givenRun(given)
  const of = (task: number) => ({ ...run.fact(task, 0), for: "approval", until: null })
  await run.told("task.waiting", of(0))
  await run.told("task.waiting", of(1))
  const { items } = await list(`run_id=${run.run_id}&status=waiting`)
  expect(items).toMatchObject([
    { attempt: 0, worker_id: null, log_chunks: 0, started_at: expect.any(String), finished_at: null },
    { attempt: 0 },
  ])
  await run.taskCompleted(0, 0, 0)
  await run.told("task.waiting", of(0))
  await run.told("task.cancelled", run.fact(1, 0))
  expect((await list(`run_id=${run.run_id}`)).items).toMatchObject([
    { status: "cancelled", log_chunks: 0 },
    { status: "completed", log_chunks: 0 },
  ])
})

test("a batch may hold the beginning and the end of an execution, and events of stand-alone jobs", async () => {
  const run = givenRun(given)
  const envelope = { source: "scheduler", key: run.run_id, at: new Date().toISOString() }
  await given.handle([
    {
      ...envelope,
      id: Bun.randomUUIDv7(),
      type: "task.started",
      data: { ...run.fact(0, 1), worker_id: "w" },
    },
    {
      ...envelope,
      id: Bun.randomUUIDv7(),
      type: "task.completed",
      data: { ...run.fact(0, 1), outputs: JSON.parse('{"__proto__":1,"a.$b":"\\u0000"}'), log_chunks: 0 },
    },
    {
      ...envelope,
      id: Bun.randomUUIDv7(),
      type: "task.skipped",
      data: { ...run.fact(1, 0), reason: "needs" },
    },
    {
      ...envelope,
      id: Bun.randomUUIDv7(),
      type: "task.cancelled",
      data: { ...run.fact(2, 0), task_run_id: jobId(Bun.randomUUIDv7()), run_id: null },
    },
  ])
  const { items } = await list(`run_id=${run.run_id}`)
  expect(items.map(({ task, status }) => [task, status])).toEqual([
    ["task-1", "skipped"],
    ["task-0", "completed"],
  ])
  expect(JSON.stringify(items[1]?.outputs)).toBe('{"__proto__":1,"a.$b":"\\u0000"}')
  expect(items[1]?.worker_id).toBe("w")
})

test("executions are listed by page, task and status, and only those of the workspace", async () => {
  const run = givenRun(given)
  for (let task = 0; task < 5; task += 1) await run.taskStarted(task)
  await run.taskCompleted(1, 0)
  const of_run = `run_id=${run.run_id}`
  const first = await list(`${of_run}&limit=3`)
  const second = await list(`${of_run}&limit=3&cursor=${first.next_cursor}`)
  expect([...first.items, ...second.items].map(({ task }) => task)).toEqual(
    [4, 3, 2, 1, 0].map((task) => `task-${task}`),
  )
  expect(second.next_cursor).toBeNull()
  expect((await list(`${of_run}&status=completed`)).items.map(({ task }) => task)).toEqual(["task-1"])
  expect((await list(`${of_run}&task=task-3`)).items).toHaveLength(1)
  expect((await list(of_run, given.as_other)).items).toEqual([])
  expect((await given.get("executions?status=lost")).status).toBe(422)
})
