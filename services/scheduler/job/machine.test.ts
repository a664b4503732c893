import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
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

const prepare = async (status: JobStatus) => {
  const job = await door.create()
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
})
