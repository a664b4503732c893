import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { deedsIn, linesOf } from "#kernel/testing/deeds.ts"
import type { Definition } from "#language/schema.ts"
import type { Engine } from "./engine.ts"
import { given, workspace_id } from "./given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id, putInto } from "./job/given.ts"
import { cancelRun } from "./run/cancel.ts"
import { actorOf } from "./wait/given.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
let session_id: string
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  session_id = await given.session(engine)
})
afterAll(() => engine.close())
beforeEach(async () => {
  await engine.database.run((sql) => sql`delete from scheduler.outbox`)
})

const ask = async (path: string, body?: unknown, more = {}) =>
  (await door.ask("POST", path, { role: "admin", body, ...more })).status

const twice = async (path: string, body?: unknown) => [await ask(path, body), await ask(path, body)]

const deeds = () => deedsIn(engine.database, workspace_id)

const told = async () => (await deeds()).map(({ action, subject }) => `${action} ${subject.name}`)

const one = { a: { uses: "noop" } } as const

test("who pauses, resumes and cancels a run is told once, however often they ask", async () => {
  const run_id = await given.run(engine, one)
  for (const turn of ["pause", "resume", "cancel"]) {
    expect(await twice(`/runs/${run_id}/${turn}`)).toEqual([202, 202])
  }
  const all = await deeds()
  expect(linesOf(all)).toEqual([
    `ada@example.test run.paused ${run_id}`,
    `ada@example.test run.resumed ${run_id}`,
    `ada@example.test run.cancelled ${run_id}`,
  ])
  expect(all[0]?.details).toEqual({ workflow: "test" })
})

test("what the platform cancels by itself is nobody's deed", async () => {
  const run_id = await given.run(engine, one)
  await cancelRun(engine)({ ...actorOf("owner", "workflow"), kind: "service" }, run_id)
  expect(await told()).toEqual([])
})

test("a rerun is told with the new run, and many at once as one with their number", async () => {
  const fails = { outcome: "failed" as const, error: { code: "task.exit", message: "exit code 3" } }
  const ids = [await given.run(engine, one), await given.run(engine, one)]
  await given.work(engine, session_id, () => fails)
  const [first = ""] = ids
  const rerun = await door.ask("POST", `/runs/${first}/rerun`, { role: "admin", body: { mode: "failed" } })
  expect(rerun.status).toBe(201)
  expect(await twice("/runs/rerun", { status: "failed", workflow: "test" })).toEqual([201, 201])
  const all = await deeds()
  expect(await told()).toEqual([`run.rerun ${first}`, "run.many_rerun test"])
  expect(all.map(({ details }) => details)).toEqual([
    { workflow: "test", mode: "failed", new_run: rerun.body.id as string },
    { status: "failed", mode: "all", count: 1 },
  ])
})

test("a queue's limits and pauses are told when they change", async () => {
  const put = async (name: string, body: unknown) =>
    (await door.ask("PUT", `/queues/${name}`, { role: "admin", body })).status
  const limits = { concurrency: 3, rate_limit: { limit: 5, per: "minute" } }
  expect([await put("mail", limits), await put("mail", limits)]).toEqual([200, 200])
  expect(await put("mail", { concurrency: null })).toBe(200)
  expect(await ask("/queues/fresh/resume")).toBe(202)
  await twice("/queues/mail/pause")
  await twice("/queues/mail/resume")
  expect(await told()).toEqual([
    ...["queue.changed mail", "queue.changed mail", "queue.paused mail", "queue.resumed mail"],
  ])
  expect((await deeds()).slice(0, 2).map(({ details }) => details)).toEqual([
    { concurrency: 3, rate_limit: "5/minute" },
    { concurrency: "unlimited" },
  ])
})

test("dead letters are told by the request, with how many they were", async () => {
  const died = async () => putInto(engine, await door.create({ queue: "letters" }), "dead_letter")
  const [replayed, dropped] = [await died(), await died()]
  expect(await twice(`/dead-letters/${replayed}/replay`)).toEqual([202, 202])
  expect(await twice(`/dead-letters/${dropped}/drop`)).toEqual([204, 204])
  for (const action of ["replay", "drop"]) {
    await Promise.all([died(), died(), died()])
    await twice(`/dead-letters/${action}`, { queue: "letters" })
  }
  const all = await deeds()
  expect(await told()).toEqual([
    ...[`dead_letter.replayed ${replayed}`, `dead_letter.dropped ${dropped}`],
    ...["dead_letter.replayed *", "dead_letter.dropped *"],
  ])
  expect(all.map(({ details }) => details.count)).toEqual([1, 1, 3, 3])
})

test("an approval is told with the one who decided it, and not again", async () => {
  const approval = { ask: { uses: "approval", with: { roles: ["admin"] } } } as Definition["tasks"]
  for (const verb of ["approve", "reject"]) {
    const run_id = await given.run(engine, approval)
    expect(await twice(`/runs/${run_id}/tasks/ask/${verb}`, {})).toEqual([200, 200])
    expect((await deeds()).at(-1)).toMatchObject({ subject: { id: run_id }, details: { run: run_id } })
  }
  expect(await told()).toEqual(["approval.approved ask", "approval.rejected ask"])
})

test("what was refused is not told", async () => {
  const run_id = await given.run(engine, one)
  const viewer = { role: "viewer" }
  const stranger = { workspace: other_workspace_id }
  expect([
    await ask(`/runs/${run_id}/cancel`, undefined, viewer),
    await ask(`/runs/${run_id}/cancel`, undefined, stranger),
    await ask(`/runs/${run_id}/pause`, undefined, stranger),
    await ask(`/runs/${run_id}/rerun`, {}),
    await ask(`/runs/${run_id}/tasks/a/approve`, {}),
    await ask("/queues/mail/pause", undefined, viewer),
    await ask("/dead-letters/replay", {}, viewer),
  ]).toEqual([403, 404, 404, 409, 404, 403, 403])
  await given.work(engine, session_id)
  expect(await ask(`/runs/${run_id}/cancel`)).toBe(409)
  expect([await told(), await deedsIn(engine.database, other_workspace_id)]).toEqual([[], []])
})
