import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { type JobsDoor, jobsDoor, putInto } from "./given.ts"
import { type JobStatus, jobMoves } from "./moves.ts"
import type { Job } from "./shape.ts"

let engine: Engine & { close(): Promise<void> }
let door: JobsDoor
beforeAll(async () => {
  engine = await given.engine()
  door = jobsDoor(engine)
})
afterAll(() => engine.close())

const outcomes = ["completed", "failed", "released", "lost"] as const

const prepare = async (status: JobStatus, more = {}) => {
  const job = await door.create(more)
  return { job, dead_letter_id: await putInto(engine, job, status) }
}

const statusOf = async ({ id }: Job): Promise<string> =>
  (await door.ask<Job>("GET", `/jobs/${id}`)).body.status

const wantsToStop = async ({ id }: Job): Promise<boolean> => {
  const [row] = await engine.database.run(
    (sql) => sql<{ cancel: boolean }>`select cancel from scheduler.task_run where id = ${id}::text::uuid`,
  )
  return row?.cancel === true
}

const isReady = async ({ id }: Job): Promise<boolean> => {
  const found = await engine.database.run(
    (sql) => sql`select 1 from scheduler.ready where task_run_id = ${id}::text::uuid`,
  )
  return found.length > 0
}

const cancel = ({ id }: Job) => door.ask<Job>("POST", `/jobs/${id}/cancel`)

describe.each(jobMoves.states.map((status) => [status] as const))("a job that is %s", (status) => {
  test("is cancelled as the machine allows: at once, or by its worker when it runs", async () => {
    const { job } = await prepare(status)
    const after = jobMoves.after(status, "cancel")
    const { status: answered, body } = await cancel(job)
    const allowed = after !== undefined || status === "cancelled"
    expect(answered).toBe(allowed ? 202 : 409)
    expect(await statusOf(job)).toBe(status === "running" ? "running" : (after ?? status))
    expect(await wantsToStop(job)).toBe(status === "running")
    expect(await isReady(job)).toBe(false)
    if (!allowed) expect(body).toMatchObject({ code: "job.not_cancellable" })
    const again = await cancel(job)
    expect([again.status, again.body]).toEqual([answered, allowed ? body : again.body])
  })

  test("is replayed by its dead letter as the machine allows, and only then", async () => {
    const { job, dead_letter_id } = await prepare(status)
    if (status !== "dead_letter") {
      // As if something else had moved it on since.
      await putInto(engine, job, "dead_letter").then(async (id) => {
        await engine.database.run(
          (sql) => sql`update scheduler.task_run set status = ${status} where id = ${job.id}::text::uuid`,
        )
        expect((await door.ask("POST", `/dead-letters/${id}/replay`)).status).toBe(202)
      })
    } else expect((await door.ask("POST", `/dead-letters/${dead_letter_id}/replay`)).status).toBe(202)
    const after = jobMoves.after(status, "replay")
    expect(await statusOf(job)).toBe(after ?? status)
    expect(await isReady(job)).toBe(after === "queued")
  })

  test.each(outcomes)("and is reported as %s moves as the machine allows, or not at all", async (outcome) => {
    const session_id = await given.session(engine)
    for (const stop of [false, true]) {
      for (const token of ["7", "8"]) {
        const { job } = await prepare(status)
        await engine.database.run(
          (sql) => sql`
            update scheduler.task_run set token = 7, attempt = 1, cancel = ${stop}::boolean
            where id = ${job.id}::text::uuid`,
        )
        const settlements = [{ task_run_id: job.id, token, outcome }]
        const { verdicts } = await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
        const counts = status === "running" && token === "7"
        expect(verdicts.map(({ verdict }) => verdict === "accepted")).toEqual([counts])
        const reachable: readonly string[] = Object.values(jobMoves.table[status])
        expect(counts ? reachable : [status]).toContain(await statusOf(job))
      }
    }
  })

  test.each([
    ["start", "pending", "release"],
    ["retry", "retrying", "release"],
    ["expire", "queued", "expire"],
  ] as const)("is moved by a timer of kind %s as the machine allows", async (kind, from, move) => {
    const { job } = await prepare(status, { queue_timeout: "1m" })
    await engine.database.run(
      (sql) => sql`
        update scheduler.task_run set queued_at = now() - interval '1 minute' where id = ${job.id}::text::uuid`,
    )
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.timer (due_at, kind, task_run_id) values (now(), ${kind}, ${job.id}::text::uuid)`,
    )
    await fireTimers(engine)()
    const after = status === from ? jobMoves.after(status, move) : status
    expect(await statusOf(job)).toBe(after ?? "")
    const { body } = await door.ask<{ items: unknown[] }>("GET", `/dead-letters?job_id=${job.id}`)
    expect(body.items).toHaveLength(after === "dead_letter" ? 1 : 0)
  })

  test("is claimed as the machine allows, wherever it has a place in the queue", async () => {
    const queue = `claimed-${status.replace("_", "-")}`
    const job = await door.create({ queue })
    await putInto(engine, job, status)
    await engine.database.run((sql) => sql`delete from scheduler.ready`)
    await engine.database.run(
      (sql) => sql`
        insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
        values (${job.id}::text::uuid, ${workspace_id}::text::uuid, ${queue}, 'inline', 0)`,
    )
    const session_id = await given.session(engine, [queue])
    const claimed = await claimTasks(engine)({ session_id, room: given.room(10) })
    const allowed = jobMoves.after(status, "claim") !== undefined
    expect(claimed.map(({ id }) => id)).toEqual(allowed ? [job.id] : [])
    expect(await statusOf(job)).toBe(allowed ? "running" : status)
  })
})
