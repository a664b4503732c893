import { afterAll, beforeEach, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import type { Attempt } from "./attempt.ts"
import { claimTasks } from "./claim.ts"
import { reportTasks } from "./report.ts"

let engine: Engine & { close(): Promise<void> }
let session_id: string
const opened: (typeof engine)[] = []
beforeEach(async () => {
  engine = await given.engine()
  opened.push(engine)
  session_id = await given.session(engine)
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

const two = { first: { uses: "noop" }, second: { uses: "noop", needs: ["first"] } }

const claimed = (count: number) => claimTasks(engine)({ session_id, room: given.room(count) })

const next = async (attempts: readonly Attempt[]) => {
  const settlements = attempts.map(({ id, token }) => ({
    ...{ task_run_id: id, token, outcome: "completed" as const },
  }))
  const report = { session_id, settlements, room: given.room(attempts.length) }
  return (await reportTasks(engine)(report)).attempts
}

test("a run that has begun goes on before those that came after it", async () => {
  const older = await given.run(engine, two)
  await given.run(engine, two)
  await given.run(engine, two)
  const second = await next(await claimed(1))
  expect(second).toMatchObject([{ run_id: older, task: "second" }])
})

test("but not before what is more important", async () => {
  await given.run(engine, two)
  await given.run(engine, two)
  const first = await claimed(1)
  const urgent = await given.run(engine, { first: { uses: "noop", priority: 1 } })
  expect(await next(first)).toMatchObject([{ run_id: urgent }])
})

test("nor before what has waited for long", async () => {
  await given.run(engine, two)
  const first = await claimed(1)
  const waiting = [await given.run(engine, two), await given.run(engine, two)]
  await engine.database.run(async (sql) => {
    await sql`update scheduler.task_run set queued_at = queued_at - interval '1 hour' where status = 'queued'`
    await sql`update scheduler.ready set rank = rank - 3600000`
  })
  expect(await claimed(1)).toMatchObject([{ run_id: waiting[0] }])
  expect(await next(first)).toMatchObject([{ run_id: waiting[1] }])
})

test("nor with more than the share of its lane", async () => {
  for (let count = 0; count < 3; count += 1) await given.run(engine, two)
  const first = await claimed(2)
  const elsewhere = await given.run(engine, { first: { uses: "noop", queue: "elsewhere" } })
  const given_next = await next(first)
  expect(given_next).toHaveLength(2)
  expect(given_next.filter(({ task }) => task === "second")).toHaveLength(1)
  expect(given_next).toContainEqual(expect.objectContaining({ run_id: elsewhere }))
})

test("and not for longer than its lane was looked at", async () => {
  await given.run(engine, two)
  const waiting = await given.run(engine, two)
  const first = await claimed(1)
  const later = new Date(engine.kit.now().getTime() + 501)
  engine = { ...engine, kit: { ...engine.kit, now: () => later } }
  expect(await next(first)).toMatchObject([{ run_id: waiting, task: "first" }])
})
