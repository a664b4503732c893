import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { readTaskRuns } from "../run/read.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { parkedClaim } from "../task/park.ts"
import { reportTasks } from "../task/report.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const leaving = new AbortController()
afterAll(() => leaving.abort())

const two = { first: { uses: "noop" }, second: { uses: "noop", needs: ["first"] } }

/** A claim that waits, once it does. */
const parked = async (session_id: string, kind: "process" | "inline" = "inline") => {
  const room = { process: 0, inline: 0, remote: 0, [kind]: 4 }
  const sit = engine.seats.sit
  const seated = Promise.withResolvers<void>()
  const seats = {
    ...engine.seats,
    sit: (seat: Parameters<typeof sit>[0]) => {
      seated.resolve()
      return sit(seat)
    },
  }
  const claim = parkedClaim({ ...engine, seats }, refreshLanes(engine))
  const answer = claim({ session_id, room, wait_ms: 20_000, signal: leaving.signal })
  answer.catch(() => undefined)
  await seated.promise
  return { answer }
}

const statusesOf = async (run_id: string) =>
  (await engine.database.run((sql) => readTaskRuns(sql, run_id))).map(({ status }) => status)

const settle = ({ id, token }: Attempt) => ({ task_run_id: id, token, outcome: "completed" as const })

test("a claim that waits is given a new run's first task, which is running from its first commit on", async () => {
  const session_id = await given.session(engine)
  const { answer } = await parked(session_id)
  const run_id = await given.run(engine, two)
  const attempts = await answer
  expect(attempts).toMatchObject([{ task: "first", attempt: 1, run_id }])
  expect(await statusesOf(run_id)).toEqual(["running", "pending"])
  const report = { session_id, settlements: attempts.map(settle), room: given.room(4) }
  const { verdicts, attempts: next } = await reportTasks(engine)(report)
  expect(verdicts).toMatchObject([{ verdict: "accepted" }])
  expect(next).toMatchObject([{ task: "second" }])
  await reportTasks(engine)({ ...report, settlements: next.map(settle), room: given.room(0) })
  expect(await statusesOf(run_id)).toEqual(["completed", "completed"])
})

test("a claim without room for that kind of work, or of another queue, is left waiting", async () => {
  await parked(await given.session(engine), "process")
  await parked(await given.session(engine, ["elsewhere"]))
  const run_id = await given.run(engine, two)
  expect(await statusesOf(run_id)).toEqual(["queued", "pending"])
  const session_id = await given.session(engine)
  await given.work(engine, session_id)
  expect(await statusesOf(run_id)).toEqual(["completed", "completed"])
})

test("a session that has ended is given nothing, and the run waits for another", async () => {
  const session_id = await given.session(engine)
  const { answer } = await parked(session_id)
  await engine.database.run(
    (sql) => sql`update scheduler.session set ended = true where id = ${session_id}::text::uuid`,
  )
  const run_id = await given.run(engine, two)
  expect(await statusesOf(run_id)).toEqual(["queued", "pending"])
  await given.work(engine, await given.session(engine))
  expect(await statusesOf(run_id)).toEqual(["completed", "completed"])
  await expect(answer).rejects.toMatchObject({ code: "session.ended" })
})

test("what a report sets free doesn't wait behind a lane that a claim of its worker is about to serve", async () => {
  const session_id = await given.session(engine)
  const begin = async () => {
    const run_id = await given.run(engine, two)
    const [attempt] = await claimTasks(engine)({ session_id, room: given.room(100) })
    if (!attempt) throw new Error("there was nothing to claim")
    const waiting = await given.run(engine, two)
    return { run_id, waiting, report: { session_id, settlements: [settle(attempt)], room: given.room(1) } }
  }
  const served = await begin()
  const beside = { session_id, room: given.room(100) }
  const handed = await engine.seats.serve(beside, () => reportTasks(engine)(served.report))
  expect(handed.attempts).toMatchObject([{ task: "second", run_id: served.run_id }])
  expect(await statusesOf(served.waiting)).toEqual(["queued", "pending"])
  await reportTasks(engine)({ ...served.report, settlements: handed.attempts.map(settle) })
  await given.work(engine, session_id)
  const alone = await begin()
  const few = { session_id, room: given.room(2) }
  const taken = await engine.seats.serve(few, () => reportTasks(engine)(alone.report))
  expect(taken.attempts).toMatchObject([{ task: "first", run_id: alone.waiting }])
  expect(await statusesOf(alone.run_id)).toEqual(["completed", "queued"])
})
