import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id, putInto } from "../job/given.ts"
import { type JobStatus, jobMoves } from "../job/moves.ts"
import type { Queue } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

type Page = { items: Queue[]; next_cursor: string | null }

const list = async (query = "", more = {}): Promise<Page> =>
  (await door.ask<Page>("GET", `/queues?${query}`, more)).body

const show = async (name: string, more = {}) => (await door.ask<Queue>("GET", `/queues/${name}`, more)).body

const set = (name: string, body: unknown, more = {}) =>
  door.ask<Queue>("PUT", `/queues/${name}`, { body, ...more })

const empty = (name: string): Queue => ({
  ...{ name, paused: false, pending: 0, queued: 0, running: 0, retrying: 0, dead_letters: 0 },
  ...{ concurrency: null, rate_limit: null },
})

test("a workspace in which nothing was done has the usual queue, and it is empty", async () => {
  expect((await list()).items).toEqual([empty("default")])
})

test("a queue counts what is in it and not at its end, and nothing of others", async () => {
  const counts: readonly (readonly [JobStatus, number])[] = [
    ["queued", 4],
    ["pending", 1],
    ["running", 2],
    ["retrying", 3],
    ["dead_letter", 2],
    ["completed", 5],
    ["cancelled", 1],
  ]
  expect(new Set(counts.map(([status]) => status))).toEqual(new Set(jobMoves.states))
  for (const [status, count] of counts) {
    for (let round = 0; round < count; round += 1) {
      await putInto(engine, await door.create({ queue: "mail" }), status)
    }
  }
  await door.create({ queue: "mail" }, { workspace: other_workspace_id })
  const mail = { ...empty("mail"), queued: 4, pending: 1, running: 2, retrying: 3, dead_letters: 2 }
  expect(await show("mail")).toEqual(mail)
  expect((await list()).items).toEqual([empty("default"), mail])
  expect(await show("mail", { workspace: other_workspace_id })).toEqual({ ...empty("mail"), queued: 1 })
})

test("a job that is cancelled is not counted any more", async () => {
  const job = await door.create({ queue: "left" })
  await door.ask("POST", `/jobs/${job.id}/cancel`)
  expect(await show("left")).toEqual(empty("left"))
})

test("settings are set one by one, and what is left out stays", async () => {
  const rate_limit = { limit: 10, per: "minute" as const }
  const { status, body } = await set("slow", { concurrency: 5, rate_limit })
  expect([status, body]).toEqual([200, { ...empty("slow"), concurrency: 5, rate_limit }])
  expect((await set("slow", { concurrency: null })).body).toEqual({ ...empty("slow"), rate_limit })
  const faster = { limit: 1, per: "second" as const }
  expect((await set("slow", { rate_limit: faster })).body.rate_limit).toEqual(faster)
  expect((await set("slow", { rate_limit: null, concurrency: 1 })).body).toEqual({
    ...empty("slow"),
    concurrency: 1,
  })
  expect(await show("slow", { workspace: other_workspace_id })).toEqual(empty("slow"))
})

test("a queue is paused and resumed, twice as well, and keeps its settings", async () => {
  await set("stopped", { concurrency: 2 })
  const woken = engine.ready.next(5_000)
  for (const [action, paused] of [
    ...([
      ["pause", true],
      ["pause", true],
      ["resume", false],
      ["resume", false],
    ] as const),
  ]) {
    const { status, body } = await door.ask<Queue>("POST", `/queues/stopped/${action}`)
    expect([status, body.paused, body.concurrency]).toEqual([202, paused, 2])
  }
  await woken
})

test("queues are listed by name, page after page", async () => {
  const names = (await list("limit=200")).items.map(({ name }) => name)
  expect(names).toEqual([...names].sort())
  const found: string[] = []
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Page = await list(`limit=1${cursor && `&cursor=${cursor}`}`)
    found.push(...page.items.map(({ name }) => name))
    cursor = page.next_cursor
  }
  expect(found).toEqual(names)
})

test.each([
  [{ concurrency: 0 }],
  [{ concurrency: 1.5 }],
  [{ rate_limit: { limit: 1, per: "hour" } }],
  [{ rate_limit: { limit: 0, per: "second" } }],
  [{ rate_limit: 5 }],
  [{ paused: true }],
  [[]],
])("the settings %j are refused", async (body) => {
  expect((await set("refused", body)).status).toBe(422)
})

test("names of other characters and who may only look are refused", async () => {
  expect((await set("Queue", {})).status).toBe(422)
  expect((await door.ask("POST", "/queues/a%20b/pause")).status).toBe(422)
  expect((await set("mail", {}, { role: "viewer" })).status).toBe(403)
  expect((await door.ask("POST", "/queues/mail/pause", { role: "viewer" })).status).toBe(403)
  expect((await show("mail", { role: "viewer" })).paused).toBe(false)
})
