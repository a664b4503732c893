import { afterAll, beforeEach, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { createEngine, type Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor } from "../job/given.ts"
import { openSession } from "../session/open.ts"
import { claimTasks } from "../task/claim.ts"
import { parkedClaim } from "../task/park.ts"
import { refreshLanes } from "./refresh.ts"

let engine: Engine & Pick<Database, "close">
let door: JobsDoor
const opened: (typeof engine)[] = []
beforeEach(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  opened.push(engine)
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

const worker = async (labels: Readonly<Record<string, string>>): Promise<string> => {
  const session_id = engine.kit.id()
  const own = { session_id, name: "test", queues: ["*"], types: [], slots: 10, inline_slots: 10 }
  await openSession(engine)({ ...own, labels })
  return session_id
}

const claimed = async (session_id: string): Promise<readonly string[]> =>
  (await claimTasks(engine)({ session_id, room: given.room(10) })).map(({ task }) => task).sort()

type Shown = { readonly tasks: readonly { readonly task: string; readonly reason: string | null }[] }

const reasons = async (run_id: string) => {
  const { body } = await door.ask<Shown>("GET", `/runs/${run_id}`)
  return Object.fromEntries(body.tasks.map(({ task, reason }) => [task, reason]))
}

const tasks = {
  plain: { uses: "noop" },
  near: { uses: "noop", labels: { zone: "a" } },
  strong: { run: "true", labels: { zone: "a", gpu: "yes" } },
}

test("a task goes only to a worker that has all of its labels", async () => {
  const run_id = await given.run(engine, tasks)
  expect(await claimed(await worker({}))).toEqual(["plain"])
  expect(await claimed(await worker({ zone: "b", gpu: "yes" }))).toEqual([])
  expect(await claimed(await worker({ zone: "a" }))).toEqual(["near"])
  expect(await reasons(run_id)).toMatchObject({ plain: null, near: null, strong: "no_worker" })
  expect(await claimed(await worker({ zone: "a", gpu: "yes", more: "x" }))).toEqual(["strong"])
})

test("a task that only a worker that has gone could take is said to have none", async () => {
  const session_id = await worker({ zone: "a" })
  const run_id = await given.run(engine, { near: tasks.near })
  expect(await reasons(run_id)).toEqual({ near: null })
  await engine.database.run(
    (sql) =>
      sql`update scheduler.session set lease_until = now() - interval '1 second' where id = ${session_id}::text::uuid`,
  )
  expect(await reasons(run_id)).toEqual({ near: "no_worker" })
})

test("a job may ask for labels, too", async () => {
  await door.create({ type: "noop", labels: { zone: "a" } })
  expect(await claimed(await worker({}))).toEqual([])
  expect(await claimed(await worker({ zone: "a" }))).toEqual(["noop"])
  const wrong = { type: "noop", labels: { zone: "a,b" } }
  expect((await door.ask("POST", "/jobs", { body: wrong })).status).toBe(422)
})

test("what needs labels is never given to whoever sits there, and is found by who has them in another process", async () => {
  const plain = await worker({})
  const { signal } = new AbortController()
  const park = parkedClaim(engine, refreshLanes(engine))
  const waiting = park({ session_id: plain, room: given.room(1), wait_ms: 300, signal })
  await door.create({ type: "noop", labels: { zone: "a" } })
  expect(await waiting).toEqual([])
  const able = await worker({ zone: "a" })
  // It shares the database and nothing in memory.
  const { database, hot, kit, log } = engine
  const other = createEngine({ database, hot, kit, log, metrics: createMetrics() })
  const elsewhere = parkedClaim(other, refreshLanes(other))
  const found = await elsewhere({ session_id: able, room: given.room(1), wait_ms: 20_000, signal })
  expect(found).toMatchObject([{ type: "noop" }])
})
