import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { anybody } from "../lane/taker.ts"
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
    sit: (...sitting: Parameters<typeof sit>) => {
      seated.resolve()
      return sit(...sitting)
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

test("a worker that is full of long tasks keeps nothing from the others, of what waits and of what comes", async () => {
  const [full, other] = [await given.session(engine), await given.session(engine)]
  const runs: string[] = []
  for (const _ of [1, 2, 3]) runs.push(await given.run(engine, two))
  const held = await claimTasks(engine)({ session_id: full, room: given.room(2) })
  expect(held).toHaveLength(2)
  const waiting = await claimTasks(engine)({ session_id: other, room: given.room(1) })
  expect(waiting).toMatchObject([{ task: "first", run_id: runs[2] }])
  const { answer } = await parked(other)
  const late = await given.run(engine, two)
  expect(await answer).toMatchObject([{ task: "first", run_id: late }])
  expect(await claimTasks(engine)({ session_id: full, room: given.room(0) })).toEqual([])
  const report = (session_id: string, attempts: readonly Attempt[]) =>
    reportTasks(engine)({ session_id, settlements: attempts.map(settle), room: given.room(0) })
  await report(full, held)
  await report(other, [...waiting, ...(await answer)])
  await given.work(engine, other)
  for (const run_id of [...runs, late]) expect(await statusesOf(run_id)).toEqual(["completed", "completed"])
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

test("of a session's claims one serves its lanes while the others wait for what begins", async () => {
  const session_id = await given.session(engine)
  const claim = () => ({ session_id, room: given.room(100) })
  const [first, second] = [claim(), claim()]
  const { seats } = engine
  const ended = Promise.withResolvers<void>()
  const serving = seats.serve(first, () => ended.promise)
  await seats.serve(second, async () => {
    expect(seats.unserved(first)).toEqual(given.room(100))
    expect(seats.unserved(second)).toEqual(given.room(0))
    const woken = engine.ready.next(20_000)
    engine.lanes.note([{ queue: "default", workspace_id: engine.kit.id(), slot: "inline" }])
    ended.resolve()
    await serving
    await woken
    expect(seats.unserved(second)).toEqual(given.room(100))
  })
  await given.work(engine, session_id)
})

test("a claim that new work was chosen for serves no lanes any more", async () => {
  const session_id = await given.session(engine)
  const claim = { session_id, room: given.room(100) }
  const { seats } = engine
  await seats.serve(claim, async () => {
    seats.sit(claim, anybody)
    expect(seats.unserved({ ...claim })).toEqual(given.room(0))
    const seat = seats.takeOf(session_id, "inline")
    expect(seats.unserved({ ...claim })).toEqual(given.room(100))
    seat?.give([])
    expect(seats.unserved({ ...claim })).toEqual(given.room(0))
  })
})

test("what a report sets free beyond its own room takes that of the worker's claims, which come back empty", async () => {
  const session_id = await given.session(engine)
  const names = ["one", "two", "three", "four", "five", "six"]
  const wide = Object.fromEntries(names.map((name) => [name, { uses: "noop", needs: ["root"] }]))
  await given.run(engine, { root: { uses: "noop" }, ...wide })
  const [root] = await claimTasks(engine)({ session_id, room: given.room(1) })
  if (!root) throw new Error("there was nothing to claim")
  const { answer } = await parked(session_id)
  const { attempts } = await reportTasks(engine)({
    ...{ session_id, settlements: [settle(root)], room: given.room(1) },
  })
  expect(attempts.length).toBe(5)
  expect(await answer).toEqual([])
  await reportTasks(engine)({ session_id, settlements: attempts.map(settle), room: given.room(0) })
  expect(await given.work(engine, session_id)).toHaveLength(1)
})
