import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor, other_workspace_id, putInto } from "../job/given.ts"
import type { Job } from "../job/shape.ts"
import type { DeadLetter } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())
beforeEach(async () => {
  await engine.database.run((sql) => sql`delete from scheduler.dead_letter`)
})

const died = async (wanted = {}) => {
  const job = await door.create({ payload: { to: "ada" }, ...wanted })
  return { job, id: await putInto(engine, job, "dead_letter") }
}

type Page = { items: DeadLetter[]; next_cursor: string | null }

const list = async (query = "", more = {}): Promise<Page> =>
  (await door.ask<Page>("GET", `/dead-letters?${query}`, more)).body

const idsIn = async (query = "") => (await list(query)).items.map(({ id }) => id)

const act = (id: string, action: "replay" | "drop", more = {}) =>
  door.ask<Job & { code?: string }>("POST", `/dead-letters/${id}/${action}`, more)

const show = async ({ id }: Job) => (await door.ask<Job>("GET", `/jobs/${id}`)).body

test("dead letters are listed with their jobs, the latest first, by queue, type and job", async () => {
  const mail = await died({ queue: "mail" })
  const sleep = await died({ type: "sleep" })
  const { items } = await list()
  expect(items.map(({ id }) => id)).toEqual([sleep.id, mail.id])
  expect(items[1]).toEqual({
    id: mail.id,
    job: await show(mail.job),
    reason: "task.failed",
    attempts: 4,
    died_at: expect.any(String),
  })
  expect(await idsIn("queue=mail")).toEqual([mail.id])
  expect(await idsIn("type=sleep")).toEqual([sleep.id])
  expect(await idsIn(`job_id=${mail.job.id}`)).toEqual([mail.id])
  const first = await list("limit=1")
  expect(await idsIn(`cursor=${first.next_cursor}`)).toEqual([mail.id])
  expect((await list("", { workspace: other_workspace_id })).items).toEqual([])
})

describe("a replay", () => {
  test("puts the job back under its id with a fresh budget, and takes the letter off the list", async () => {
    const { job, id } = await died({ queue_timeout: "1m", priority: 1 })
    expect((await show(job)).attempt).toBe(4)
    const { status, body } = await act(id, "replay")
    expect(status).toBe(202)
    const { updated_at, ...rest } = job
    expect(body).toEqual({ ...rest, updated_at: expect.any(String) })
    expect(await idsIn()).toEqual([])
    const [row] = await engine.database.run(
      (sql) => sql`
        select attempt, returned, lost, cancel,
          (select count(*)::int from scheduler.ready where task_run_id = job.id) as ready,
          (select count(*)::int from scheduler.timer where task_run_id = job.id and kind = 'expire') as timers
        from scheduler.task_run as job where id = ${job.id}::text::uuid`,
    )
    // The attempts are numbered on, and none of them counts.
    expect(row).toEqual({ attempt: 5, returned: 5, lost: 0, cancel: false, ready: 1, timers: 2 })
  })

  test("of the same letter again answers the job as it is and changes nothing", async () => {
    const { job, id } = await died()
    await act(id, "replay")
    await putInto(engine, job, "running")
    const again = await act(id, "replay")
    expect([again.status, again.body.status]).toEqual([202, "running"])
  })

  test("at the same time happens once", async () => {
    const { job, id } = await died()
    const all = await Promise.all(Array.from({ length: 5 }, () => act(id, "replay")))
    expect(all.map(({ status, body }) => `${status} ${body.id}`)).toEqual(Array(5).fill(`202 ${job.id}`))
    const rows = await engine.database.run(
      (sql) => sql`select 1 from scheduler.ready where task_run_id = ${job.id}::text::uuid`,
    )
    expect(rows).toHaveLength(1)
  })

  test("by filter takes the oldest, and says whether there are others", async () => {
    const mails = [
      await died({ queue: "mail" }),
      await died({ queue: "mail" }),
      await died({ queue: "mail" }),
    ]
    const other = await died()
    const replay = (body: object) =>
      door.ask<{ replayed: number; more: boolean }>("POST", "/dead-letters/replay", { body })
    const first = await replay({ queue: "mail", limit: 2 })
    expect(first).toEqual({ status: 202, body: { replayed: 2, more: true } })
    expect(await idsIn()).toEqual([other.id, mails[2]?.id ?? ""])
    expect((await replay({ queue: "mail" })).body).toEqual({ replayed: 1, more: false })
    expect((await replay({ queue: "mail" })).body).toEqual({ replayed: 0, more: false })
    expect((await replay({})).body).toEqual({ replayed: 1, more: false })
    for (const { job } of [...mails, other]) expect((await show(job)).status).toBe("queued")
  })
})

describe("a drop", () => {
  test("takes the letter off the list and leaves the job as it was", async () => {
    const { job, id } = await died()
    const before = await show(job)
    expect((await act(id, "drop")).status).toBe(204)
    expect((await act(id, "drop")).status).toBe(204)
    expect(await idsIn()).toEqual([])
    expect(await show(job)).toEqual(before)
    const { status, body } = await act(id, "replay")
    expect([status, body.code]).toEqual([409, "dead_letter.resolved"])
  })

  test("of a letter that was replayed is refused", async () => {
    const { id } = await died()
    await act(id, "replay")
    expect((await act(id, "drop")).status).toBe(409)
  })

  test("by filter takes those that fit", async () => {
    const mail = await died({ queue: "mail" })
    await died({ type: "sleep" })
    const { status, body } = await door.ask("POST", "/dead-letters/drop", { body: { type: "sleep" } })
    expect([status, body]).toEqual([200, { dropped: 1, more: false }])
    expect(await idsIn()).toEqual([mail.id])
  })
})

test("what isn't there, is somebody else's, or is asked by who may only look is refused", async () => {
  const { id } = await died()
  expect((await act(engine.kit.id(), "replay")).status).toBe(404)
  expect((await act(engine.kit.id(), "drop")).status).toBe(404)
  expect((await act("none", "replay")).status).toBe(422)
  expect((await act(id, "replay", { workspace: other_workspace_id })).status).toBe(404)
  expect((await act(id, "replay", { role: "viewer" })).status).toBe(403)
  for (const action of ["replay", "drop"]) {
    const many = await door.ask("POST", `/dead-letters/${action}`, { body: {}, role: "viewer" })
    const other = await door.ask("POST", `/dead-letters/${action}`, {
      body: {},
      workspace: other_workspace_id,
    })
    expect([many.status, other.body.more]).toEqual([403, false])
  }
  expect(await idsIn()).toEqual([id])
})
