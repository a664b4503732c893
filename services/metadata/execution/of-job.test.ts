import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { jobId } from "#language/run-id.ts"
import { collections } from "../collections.ts"
import { type GivenMetadata, givenMetadata, jobEvent } from "../given.ts"
import type { Execution } from "./execution.ts"

let database: Database
let given: GivenMetadata
let full = false

/** Its store of executions may be full. */
const store = (documents: Documents): Documents => ({
  ...documents,
  put: async (collection, some) => {
    if (full && collection.name === "execution") throw new Error("the store is full")
    return documents.put(collection, some)
  },
})

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata" })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(store(documents))
})

afterAll(() => database.close())

const newJob = () => jobId(Bun.randomUUIDv7())

const list = async (query: string) =>
  ((await (await given.get(`executions?${query}`)).json()) as { items: Execution[] }).items

const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

const begunBy = (worker_id: string, took_ms: number) => ({
  ...{ worker_id, queued_at: ago(took_ms + 100), started_at: ago(took_ms) },
})

test("an attempt of a job is written by its end, found by what it was, and once however often it is told", async () => {
  const job_id = newJob()
  const usage = { cpu_ms: 7, inputs: { with: { a: 1 } } }
  const event = jobEvent("job.completed", {
    ...{ job_id, type: "lone", result: { ok: true }, usage, log_chunks: 2 },
    ...begunBy("alone", 5_000),
  })
  await given.handleJobs([event, event])
  const [found, ...others] = await list(`run_id=${job_id}`)
  expect(others).toEqual([])
  expect(found).toMatchObject({
    ...{ run_id: null, workflow: null, task_run_id: job_id, task: "lone", type: "lone", attempt: 1 },
    ...{ status: "completed", worker_id: "alone", outputs: { ok: true }, error: null, log_chunks: 2 },
    ...{ inputs: { with: { a: 1 } }, usage: { cpu_ms: 7 }, queued_at: expect.any(String) },
  })
  expect(Math.abs((found?.duration_ms ?? 0) - 5_000)).toBeLessThan(1_000)
  await given.handleJobs([event])
  for (const query of ["type=lone", "output=ok%3Dtrue", "worker_id=alone", "task=lone&min_duration=4s"])
    expect(await list(query)).toEqual([found as Execution])
  expect(await list("type=lone&max_duration=3s")).toEqual([])
})

test("what failed to be written is marked already, and found when it is told again", async () => {
  const event = jobEvent("job.completed", { job_id: newJob(), type: "unlucky", ...begunBy("w", 5) })
  full = true
  await expect(given.handleJobs([event])).rejects.toThrow("full")
  full = false
  expect(await list("type=unlucky")).toEqual([])
  await given.handleJobs([event])
  expect(await list("type=unlucky")).toHaveLength(1)
})

test("all attempts of a job are there: those that failed, and the one with which it died or completed", async () => {
  const job_id = newJob()
  await given.handle([jobEvent("task.retrying", { job_id, type: "twice", ...begunBy("one", 3_000) })])
  const usage = { exit_code: 7 }
  const dead = jobEvent("job.dead_lettered", {
    ...{ job_id, type: "twice", attempt: 3, attempts: 2, usage, ...begunBy("two", 2_000) },
  })
  const completed = jobEvent("job.completed", { job_id, type: "twice", attempt: 4, ...begunBy("three", 1) })
  await given.handleJobs([dead, completed])
  const items = await list(`run_id=${job_id}`)
  expect(items).toMatchObject([
    { attempt: 4, status: "completed", worker_id: "three" },
    { attempt: 3, status: "failed", worker_id: "two", usage, error: { message: "No." } },
    { attempt: 1, status: "failed", worker_id: "one", retry_at: expect.any(String) },
  ])
  expect(items.every(({ duration_ms, queued_at }) => duration_ms !== null && queued_at !== null)).toBe(true)
  expect(await list("type=twice&status=failed&error=no&min_duration=2500ms")).toHaveLength(1)
})

test("a job that waited too long to be tried again leaves what is known of its attempt, in whatever order", async () => {
  for (const order of ["first", "last"]) {
    const job_id = newJob()
    const late = jobEvent("job.dead_lettered", { job_id, reason: "queue.timeout" })
    const failed = jobEvent("task.retrying", { job_id, ...begunBy("w", 1_000) })
    if (order === "first") await given.handleJobs([late])
    await given.handle([failed])
    if (order === "last") await given.handleJobs([late])
    expect(await list(`run_id=${job_id}`)).toMatchObject([{ attempt: 1, worker_id: "w" }])
  }
  const job_id = newJob()
  await given.handleJobs([jobEvent("job.dead_lettered", { job_id, attempt: 0 })])
  expect(await list(`run_id=${job_id}`)).toMatchObject([{ attempt: 0, status: "failed", started_at: null }])
})

test("what an older platform told is written with what it said, unless it didn't say which attempt", async () => {
  const [completed, dead] = [newJob(), newJob()]
  await given.handleJobs([
    jobEvent("job.completed", { job_id: completed, result: null }),
    jobEvent("job.dead_lettered", { job_id: dead, attempt: undefined }),
  ])
  expect(await list(`run_id=${completed}`)).toMatchObject([
    { status: "completed", outputs: {}, worker_id: null, started_at: null, duration_ms: null },
  ])
  expect(await list(`run_id=${dead}`)).toEqual([])
})

test("jobs are counted beside workflows, together or by their type", async () => {
  const stats = async (by: string) => {
    const answer = await given.get(`executions/stats?by=${by}&since=1h&every=1h`)
    const { items } = (await answer.json()) as {
      items: { workflow: string | null; task: string | null; total: number }[]
    }
    return items.filter(({ workflow }) => workflow === null)
  }
  const before = (await stats("workflow")).reduce((sum, { total }) => sum + total, 0)
  const events = Array.from({ length: 3 }, () =>
    jobEvent("job.completed", { job_id: newJob(), type: "counted", ...begunBy("w", 10) }),
  )
  await given.handleJobs(events)
  expect((await stats("workflow")).reduce((sum, { total }) => sum + total, 0)).toBe(before + 3)
  const counted = (await stats("task")).filter(({ task }) => task === "counted")
  expect(counted.reduce((sum, { total }) => sum + total, 0)).toBe(3)
})
