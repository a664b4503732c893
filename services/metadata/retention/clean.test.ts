import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { jobId } from "#language/run-id.ts"
import { collections, executions, logChunks, runs } from "../collections.ts"
import { type GivenMetadata, givenMetadata, givenRun } from "../given.ts"
import { cleanArchive } from "./clean.ts"
import { setRetention } from "./setting.ts"

let database: Database
let given: GivenMetadata

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata" })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(documents)
})

afterAll(() => database.close())

const day_ms = 86_400_000

/** As it will be seen so many days from now. */
const in_days = (days: number) => {
  const now = () => new Date(Date.now() + days * day_ms)
  return { ...given.archive, kit: { ...given.archive.kit, now } }
}

const clean = async (days: number) => {
  const round = cleanArchive(in_days(days))
  let rounds = 1
  while (await round()) rounds += 1
  return rounds
}

const left = async () => {
  const { documents } = given.archive
  const all = { where: {}, order: [], limit: 10_000, fields_only: true } as const
  const counts = await Promise.all([runs, executions, logChunks].map((one) => documents.find(one, all)))
  return counts.map((found) => found.length)
}

const whole = async (chunks: number) => {
  const run = givenRun(given)
  await run.started()
  for (let task = 0; task < 2; task += 1) {
    await run.taskStarted(task)
    for (let chunk = 0; chunk < chunks; chunk += 1) await run.wrote(task, chunk, "a line")
    await run.taskCompleted(task, chunks)
  }
  return run
}

const job = async () => {
  const id = jobId(Bun.randomUUIDv7())
  const fact = { ...givenRun(given).fact(0, 1), task_run_id: id, run_id: null }
  await givenRun(given).told("task.completed", { ...fact, outputs: {}, log_chunks: 0 })
}

test("what ended long ago goes whole, in bounded rounds; what goes on and what is fresh stays", async () => {
  const ended = await whole(300)
  await ended.ended()
  const open = await whole(2)
  for (let made = 0; made < 3; made += 1) await job()
  expect(await left()).toEqual([2, 7, 604])
  expect(await clean(29)).toBe(1)
  expect(await left()).toEqual([2, 7, 604])
  expect(await clean(31)).toBe(3)
  expect(await left()).toEqual([1, 2, 4])
  await open.ended("cancelled")
  await clean(31)
  expect(await left()).toEqual([0, 0, 0])
  expect(await clean(31)).toBe(1)
})

test("a workspace may keep less, and what is of others stays", async () => {
  const answer = await given.get("logs/retention")
  expect(await answer.json()).toEqual({ keep_days: 30, max_keep_days: 30, is_set: false })
  const actor = owner
  const set = setRetention(given.archive)
  expect(await set(actor, { keep_days: 7 })).toEqual({ keep_days: 7, max_keep_days: 30, is_set: true })
  await expect(set(actor, { keep_days: 31 })).rejects.toThrow("30 days")
  await expect(set({ ...actor, role: "developer" }, { keep_days: 1 })).rejects.toThrow()
  const [ended, open] = [await whole(300), await whole(2)]
  await ended.ended()
  for (let made = 0; made < 3; made += 1) await job()
  await clean(6)
  expect(await left()).toEqual([2, 7, 604])
  await clean(8)
  expect(await left()).toEqual([1, 2, 4])
  expect(await set(actor, { keep_days: null })).toMatchObject({ keep_days: 30, is_set: false })
  await open.ended()
  await clean(8)
  expect(await left()).toEqual([1, 2, 4])
  await set({ ...actor, workspace_id: Bun.randomUUIDv7() }, { keep_days: 1 })
  await clean(8)
  expect(await left()).toEqual([1, 2, 4])
})

const owner: Actor = {
  ...{ kind: "user", user_id: "u", email: "a@example.test", grant_id: "g", role: "owner" },
  workspace_id: "01900000-0000-7000-8000-00000000000a",
}
