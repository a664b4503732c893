import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { type JobsDoor, jobsDoor } from "../job/given.ts"
import type { Job } from "../job/shape.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import type { Settlement } from "../task/verdict.ts"
import { fireTimers } from "./fire.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
let session_id: string
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
  session_id = await given.session(engine)
})
afterAll(() => engine.close())

const statusOf = async ({ id }: Job) => (await door.ask<Job>("GET", `/jobs/${id}`)).body.status

const due = async (kind: string) => {
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now() where kind = ${kind}`)
  await fireTimers(engine)()
}

/** As if it had been queued an hour ago. */
const wait = ({ id }: Job) =>
  engine.database.run(
    (sql) => sql`
      with older as (
        update scheduler.ready set rank = rank - 3600000 where task_run_id = ${id}::text::uuid
      )
      update scheduler.task_run set queued_at = queued_at - interval '1 hour' where id = ${id}::text::uuid`,
  )

const end = async (outcome: Partial<Settlement>) => {
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  const settlement = {
    task_run_id: attempt?.id ?? "",
    token: attempt?.token ?? "",
    outcome: "failed",
  } as const
  await reportTasks(engine)({ session_id, room: given.room(0), settlements: [{ ...settlement, ...outcome }] })
}

test("a leftover timer doesn't expire a job that was queued again, and another one does", async () => {
  const job = await door.create({ queue_timeout: "1h" })
  await end({})
  await due("retry")
  await due("expire")
  expect(await statusOf(job)).toBe("queued")
  const [timer] = await engine.database.run(
    (sql) => sql<{ count: number }>`
      select count(*)::int as count from scheduler.timer
      where kind = 'expire' and task_run_id = ${job.id}::text::uuid`,
  )
  expect(timer).toEqual({ count: 0 })
  await end({ outcome: "released" })
  await wait(job)
  await due("expire")
  expect(await statusOf(job)).toBe("dead_letter")
})

test("a job that is tried again may wait as long as at first", async () => {
  const job = await door.create({ queue_timeout: "1h" })
  await end({})
  await engine.database.run((sql) => sql`delete from scheduler.timer where kind = 'expire'`)
  await due("retry")
  await wait(job)
  await due("expire")
  expect(await statusOf(job)).toBe("dead_letter")
})

test("a replayed job is not ended by the timer of its earlier life", async () => {
  const job = await door.create({ queue_timeout: "1h" })
  await wait(job)
  await due("expire")
  const { body } = await door.ask<{ items: { id: string; attempts: number; job: Job }[] }>(
    "GET",
    "/dead-letters",
  )
  const dead = body.items.find((item) => item.job.id === job.id)
  expect(dead?.attempts).toBe(0)
  await door.ask("POST", `/dead-letters/${dead?.id}/replay`, { body: {} })
  await engine.database.run(
    (sql) => sql`
      insert into scheduler.timer (due_at, kind, task_run_id) values (now(), 'expire', ${job.id}::text::uuid)`,
  )
  await fireTimers(engine)()
  expect(await statusOf(job)).toBe("queued")
  const [ready] = await engine.database.run(
    (sql) => sql<{ count: number }>`
      select count(*)::int as count from scheduler.ready where task_run_id = ${job.id}::text::uuid`,
  )
  expect(ready).toEqual({ count: 1 })
  await end({ outcome: "completed" })
})

test("a dead letter tells how often its job was tried: what was lost or handed back doesn't count", async () => {
  const job = await door.create({ max_retries: 1 })
  await end({ outcome: "lost" })
  await end({ outcome: "released" })
  await end({})
  await due("retry")
  await end({})
  const { body } = await door.ask<{ items: { attempts: number; job: Job }[] }>("GET", "/dead-letters")
  expect(body.items.find((item) => item.job.id === job.id)?.attempts).toBe(2)
  const [told] = await engine.database.run(
    (sql) => sql<{ attempts: number }>`
      select (event -> 'data' ->> 'attempts')::int as attempts
      from scheduler.outbox, json_array_elements(events) as event
      where topic = 'job.dead_lettered' and event -> 'data' ->> 'job_id' = ${job.id}`,
  )
  expect(told).toEqual({ attempts: 2 })
})

test("an attempt carries its job's payload as it is, whatever it is", async () => {
  for (const payload of [[1, 2], "text", 7, false, null, { a: 1 }]) {
    await door.create({ payload })
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
    expect(attempt?.plan_task.with as unknown).toEqual(payload)
  }
})
