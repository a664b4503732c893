import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { cancelRun } from "../run/cancel.ts"
import { readRun, readTaskRuns } from "../run/read.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { closeSession } from "./close.ts"
import { heartbeat } from "./heartbeat.ts"
import { sweepSessions } from "./sweep.ts"

let engine: Engine & Pick<Database, "close">
const opened: (typeof engine)[] = []
beforeEach(async () => {
  engine = await given.engine()
  opened.push(engine)
})
afterAll(async () => {
  for (const one of opened) await one.close()
})

const actor: Actor = {
  ...{ kind: "user", user_id: workspace_id, email: "ada@example.test", workspace_id },
  ...{ role: "operator", grant_id: workspace_id },
}

const held = ({ id, token }: Attempt) => ({ task_run_id: id, token })

const one = async (
  session_id: string,
  tasks: Parameters<typeof given.plan>[0] = { only: { uses: "noop" } },
) => {
  const run_id = await given.run(engine, tasks)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  if (!attempt) throw new Error("nothing was claimed")
  return { run_id, attempt }
}

const taskOf = async (run_id: string) => {
  const [task] = await engine.database.run((sql) => readTaskRuns(sql, run_id))
  return task
}

const beat = (session_id: string, attempts: readonly Attempt[], last_token = "0") =>
  heartbeat(engine)({ session_id, held: attempts.map(held), last_token, draining: false })

const age = (what: "claim" | "lease" | "sweep", seconds: number) =>
  engine.database.run(async (sql) => {
    const interval = `${seconds} seconds`
    if (what === "claim")
      await sql`update scheduler.claim set claimed_at = now() - ${interval}::text::interval`
    if (what === "lease")
      await sql`update scheduler.session set lease_until = now() - ${interval}::text::interval`
    if (what === "sweep") await sql`update scheduler.sweep set last_at = now() - ${interval}::text::interval`
  })

describe("a heartbeat", () => {
  test("keeps what the worker lists", async () => {
    const session_id = await given.session(engine)
    const { run_id, attempt } = await one(session_id)
    expect(await beat(session_id, [attempt], attempt.token)).toEqual([])
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
  })

  test("hands back what a lost answer brought, without using one of its tries", async () => {
    const session_id = await given.session(engine)
    const retries = { max_retries: 1, initial: "1ms", max: "1ms" }
    const { run_id, attempt } = await one(session_id, { only: { uses: "noop", retries } })
    await beat(session_id, [], attempt.token)
    expect(await taskOf(run_id)).toMatchObject({ status: "queued" })
    const [again] = await claimTasks(engine)({ session_id, room: given.room(1) })
    if (!again) throw new Error("it was not claimable")
    const failed = { ...held(again), outcome: "failed" as const }
    await reportTasks(engine)({ session_id, settlements: [failed], room: given.room(0) })
    expect(await taskOf(run_id)).toMatchObject({ status: "retrying", attempt: 2 })
  })

  test("leaves alone a claim whose answer may be under way", async () => {
    const session_id = await given.session(engine)
    const { run_id, attempt } = await one(session_id)
    await beat(session_id, [], String(BigInt(attempt.token) - 1n))
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
  })

  test("hands back a lost claim also when no later one was answered", async () => {
    const session_id = await given.session(engine)
    const { run_id } = await one(session_id)
    await age("claim", 31)
    await beat(session_id, [], "0")
    expect(await taskOf(run_id)).toMatchObject({ status: "queued" })
  })

  test("names what is not the session's any more", async () => {
    const session_id = await given.session(engine)
    const { attempt } = await one(session_id)
    await closeSession(engine)(session_id)
    const other = await given.session(engine)
    expect(await beat(other, [attempt])).toEqual([held(attempt)])
  })

  test("of a session that has ended is refused", async () => {
    const session_id = await given.session(engine)
    await closeSession(engine)(session_id)
    await expect(beat(session_id, [])).rejects.toMatchObject({ code: "session.ended" })
  })
})

describe("a session that is closed", () => {
  test("hands back all it holds, claimable at once", async () => {
    const session_id = await given.session(engine)
    const { run_id } = await one(session_id)
    await closeSession(engine)(session_id)
    expect(await given.work(engine, await given.session(engine))).toEqual(["only"])
    expect(await engine.database.run((sql) => readRun(sql, workspace_id, run_id))).toMatchObject({
      status: "completed",
    })
  })

  test("may be closed twice, and claims no more", async () => {
    const session_id = await given.session(engine)
    await closeSession(engine)(session_id)
    await closeSession(engine)(session_id)
    const claim = claimTasks(engine)({ session_id, room: given.room(1) })
    await expect(claim).rejects.toMatchObject({ code: "session.ended" })
  })

  test("can no longer settle what it held", async () => {
    const session_id = await given.session(engine)
    const { run_id, attempt } = await one(session_id)
    await closeSession(engine)(session_id)
    const settlements = [{ ...held(attempt), outcome: "completed" as const }]
    await claimTasks(engine)({ session_id: await given.session(engine), room: given.room(1) })
    const { verdicts } = await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    expect(verdicts).toEqual([{ verdict: "stale" }])
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
  })
})

describe("what is not to run twice", () => {
  const tasks = { only: { uses: "noop", on_worker_lost: "fail" as const, retries: { max_retries: 3 } } }

  test("fails when its worker is lost, whatever retries it has", async () => {
    const { run_id, attempt } = await one(await given.session(engine), tasks)
    await age("lease", 1)
    await sweepSessions(engine)()
    expect(await taskOf(run_id)).toMatchObject({
      ...{ status: "failed", attempt: 1 },
      error: { code: "worker.lost", message: expect.stringContaining("not to run twice") },
    })
    // A result that comes all the same changes nothing.
    const settlements = [{ ...held(attempt), outcome: "completed" as const }]
    const session_id = await given.session(engine)
    const { verdicts } = await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    expect(verdicts).toEqual([{ verdict: "already" }])
    expect(await engine.database.run((sql) => readRun(sql, workspace_id, run_id))).toMatchObject({
      status: "failed",
    })
  })

  test("fails when its worker leaves while it runs", async () => {
    const session_id = await given.session(engine)
    const { run_id } = await one(session_id, tasks)
    await closeSession(engine)(session_id)
    expect(await taskOf(run_id)).toMatchObject({ status: "failed", error: { code: "worker.lost" } })
  })

  test("goes to another worker when its own never learnt of it", async () => {
    const session_id = await given.session(engine)
    const { run_id, attempt } = await one(session_id, tasks)
    await beat(session_id, [], attempt.token)
    expect(await taskOf(run_id)).toMatchObject({ status: "queued" })
  })

  test("is tried again when it has failed by itself", async () => {
    const session_id = await given.session(engine)
    const { run_id, attempt } = await one(session_id, tasks)
    const settlements = [{ ...held(attempt), outcome: "failed" as const }]
    await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
    expect(await taskOf(run_id)).toMatchObject({ status: "retrying" })
  })

  test("is cancelled, not failed, when that was asked for", async () => {
    const session_id = await given.session(engine)
    const { run_id } = await one(session_id, tasks)
    await cancelRun(engine)(actor, run_id)
    await closeSession(engine)(session_id)
    expect(await taskOf(run_id)).toMatchObject({ status: "cancelled" })
  })
})

describe("the sweep", () => {
  test("leaves a session alone whose lease holds", async () => {
    const { run_id } = await one(await given.session(engine))
    expect(await sweepSessions(engine)()).toBe(false)
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
  })

  test("gives what an unheard-of session held to others", async () => {
    const { run_id } = await one(await given.session(engine))
    await age("lease", 1)
    expect(await sweepSessions(engine)()).toBe(true)
    expect(await taskOf(run_id)).toMatchObject({ status: "queued" })
  })

  test("of two at once does it once", async () => {
    const { run_id } = await one(await given.session(engine))
    await age("lease", 1)
    await Promise.all([1, 2, 3].map(() => sweepSessions(engine)()))
    const [row] = await engine.database.run(
      (sql) => sql<{ lost: number; ready: number }>`
        select lost, (select count(*)::int from scheduler.ready) as ready
        from scheduler.task_run where run_id = ${run_id}::text::uuid`,
    )
    expect(row).toEqual({ lost: 1, ready: 1 })
  })

  test("reaps nobody for 15 s after everything was down", async () => {
    const { run_id } = await one(await given.session(engine))
    await age("lease", 60)
    await age("sweep", 6)
    expect(await sweepSessions(engine)()).toBe(false)
    expect(await sweepSessions(engine)()).toBe(false)
    expect(await taskOf(run_id)).toMatchObject({ status: "running" })
    const [row] = await engine.database.run(
      (sql) => sql<{ left_s: number }>`
        select extract(epoch from reap_after - now())::float8 as left_s from scheduler.sweep`,
    )
    expect(row?.left_s).toBeGreaterThan(10)
    expect(row?.left_s).toBeLessThanOrEqual(15)
  })

  test("fails a task that has lost its worker more often than it may", async () => {
    const { run_id } = await one(await given.session(engine))
    for (let lost = 0; lost < 6; lost += 1) {
      await age("lease", 1)
      await sweepSessions(engine)()
      await claimTasks(engine)({ session_id: await given.session(engine), room: given.room(1) })
    }
    expect(await taskOf(run_id)).toMatchObject({ status: "failed", error: { code: "worker.lost" } })
  })
})
