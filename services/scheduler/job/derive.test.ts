import { afterAll, beforeAll, expect, test } from "bun:test"
import { decodeEvent } from "#kernel/events/decode.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { deriveCompleted } from "./derive.ts"
import { jobsDoor } from "./given.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

test("a completed job is told once, with its result, from its own row", async () => {
  const door = jobsDoor(engine)
  const created = await door.create({ type: "noop" })
  const session_id = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  const settlement = {
    ...{ task_run_id: attempt?.id ?? "", token: attempt?.token ?? "" },
    ...{ outcome: "completed" as const, outputs: { answer: 42 } },
  }
  await reportTasks(engine)({ session_id, settlements: [settlement, settlement], room: given.room(0) })
  await reportTasks(engine)({ session_id, settlements: [settlement], room: given.room(0) })
  const bodies = await engine.database.run(async (sql) => {
    const rows = await sql<{ topic: string; ids: string[]; details: unknown; at: Date }>`
      select topic, ids, details, at from scheduler.outbox where topic = 'job.completed'`
    return deriveCompleted(sql, rows)
  })
  expect(bodies.flat()).toHaveLength(1)
  const [body] = bodies.flat()
  const event = decodeEvent({ ...body, type: "job.completed", source: "scheduler", at: "" } as never)
  expect(event).toMatchObject({
    data: {
      job_id: created.id,
      workspace_id,
      type: "noop",
      queue: "default",
      attempt: 1,
      result: { answer: 42 },
    },
  })
})
