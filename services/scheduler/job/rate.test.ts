import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { fireTimers } from "../timer/fire.ts"
import { type JobsDoor, jobsDoor } from "./given.ts"
import type { Job } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

const limited = (key: string, limit: number, per = "minute") => ({
  type: "noop",
  rate_limit: { key, limit, per },
})

const createMany = async (jobs: readonly unknown[]): Promise<readonly Job[]> => {
  const { body } = await door.ask<{ items: { job: Job }[] }>("POST", "/jobs/batch", { body: { jobs } })
  return body.items.map(({ job }) => job)
}

/** When each begins, counted from the first. */
const turnsOf = (jobs: readonly Job[]) => {
  const times = jobs.map(({ run_at, created_at }) => Date.parse(run_at ?? created_at))
  return times.map((time) => Math.round((time - (times[0] ?? 0)) / 100) / 10)
}

test("jobs with the same rate key begin one after the other, evenly spread", async () => {
  const jobs = await createMany([1, 2, 3, 4].map(() => limited("even", 60)))
  expect(jobs.map(({ status }) => status)).toEqual(["queued", "pending", "pending", "pending"])
  expect(turnsOf(jobs)).toEqual([0, 1, 2, 3])
  const [fifth] = await createMany([limited("even", 60)])
  expect(turnsOf([...jobs.slice(0, 1), ...(fifth ? [fifth] : [])])[1]).toBe(4)
  const session_id = await given.session(engine)
  expect(await given.work(engine, session_id)).toEqual(["noop"])
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  expect(await given.work(engine, session_id)).toHaveLength(4)
})

test("each key has a rate of its own, and the one given last counts", async () => {
  const jobs = await createMany([limited("a", 60), limited("b", 60), limited("a", 6), limited("a", 60)])
  expect(jobs.map(({ status }) => status)).toEqual(["queued", "queued", "pending", "pending"])
  const [first, , second, third] = jobs
  expect(turnsOf([first, second, third].flatMap((job) => job ?? []))).toEqual([0, 1, 11])
})

test("many at the same time never get the same turn", async () => {
  const all = await Promise.all(
    Array.from({ length: 40 }, () => door.create({ rate_limit: { key: "race", limit: 60, per: "second" } })),
  )
  const times = all
    .map(({ run_at, created_at }) => Date.parse(run_at ?? created_at))
    .toSorted((one, two) => one - two)
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  // Turns are 16⅔ ms apart, told in whole milliseconds; the first begins when it was created.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15)
})

test("a job that was made before by its key gets its old turn, and takes no other's", async () => {
  const job = { ...limited("once", 60), idempotency_key: "once" }
  const [first] = await createMany([job])
  expect(await createMany([job, job])).toEqual([first, first] as Job[])
})

test("with a concurrency key as well, it comes to the gate at its turn", async () => {
  const jobs = await createMany(
    [1, 2].map(() => ({ ...limited("both", 60), queue: "both", concurrency: { key: "both" } })),
  )
  expect(jobs.map(({ status }) => status)).toEqual(["queued", "pending"])
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  const session_id = await given.session(engine, ["both"])
  expect(await given.work(engine, session_id)).toEqual(["noop", "noop"])
})

describe("refused is a rate", () => {
  test.each([
    ["of none", { key: "a", limit: 0, per: "second" }],
    ["of less than none", { key: "a", limit: -1, per: "second" }],
    ["of 1e9", { key: "a", limit: 1e9, per: "second" }],
    ["in an hour", { key: "a", limit: 1, per: "hour" }],
    ["without a key", { limit: 1, per: "second" }],
    ["with a huge key", { key: "k".repeat(256), limit: 1, per: "second" }],
    ["with a NUL", { key: "\0", limit: 1, per: "second" }],
  ])("%s", async (_, rate_limit) => {
    const { status } = await door.ask("POST", "/jobs", { body: { type: "noop", rate_limit } })
    expect(status).toBe(422)
  })

  test("beside a time to start at", async () => {
    const { status, body } = await door.ask("POST", "/jobs", {
      body: { ...limited("late", 1), run_at: "2030-01-01T00:00:00Z" },
    })
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path: "rate_limit" })]])
  })
})
