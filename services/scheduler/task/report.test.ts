import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { until } from "#kernel/testing/until.ts"
import { type Engine, forgetKnown } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { jobsDoor } from "../job/given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { cancelRun } from "../run/cancel.ts"
import { readRun, readTaskRuns } from "../run/read.ts"
import { startRuns } from "../run/start.ts"
import { heartbeat } from "../session/heartbeat.ts"
import { sweepSessions } from "../session/sweep.ts"
import { performIn } from "../step/perform.ts"
import { fireTimers } from "../timer/fire.ts"
import { claimTasks } from "./claim.ts"
import { reportTasks } from "./report.ts"
import { settle } from "./settle.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const show = (run_id: string) =>
  engine.database.run(async (sql) => ({
    run: await readRun(sql, workspace_id, run_id),
    tasks: Object.fromEntries((await readTaskRuns(sql, run_id)).map((task) => [task.task, task])),
    events: await sql<{ seq: number; type: string; task: string | null }>`
      select (event ->> 'seq')::int as seq, event ->> 'type' as type, event ->> 'task' as task
      from scheduler.run_event, json_array_elements(events) as event
      where run_id = ${run_id}::text::uuid order by 1`,
  }))

const diamond = {
  start: { uses: "noop" },
  left: { uses: "noop", needs: ["start"] },
  right: { uses: "noop", needs: ["start"] },
  join: { uses: "noop", needs: ["left", "right"] },
}

const fails = { outcome: "failed" as const, error: { code: "task.exit", message: "exit code 3" } }

test("a diamond runs in order, once each, and the run completes with gapless events", async () => {
  const run_id = await given.run(engine, diamond)
  const order = await given.work(engine, await given.session(engine))
  expect(order.at(0)).toBe("start")
  expect(order.slice(1, 3).toSorted()).toEqual(["left", "right"])
  expect(order.at(3)).toBe("join")
  const { run, tasks, events } = await show(run_id)
  expect(run).toMatchObject({ status: "completed", reason: null })
  expect(Object.values(tasks).map((task) => task.status)).toEqual(Array(4).fill("completed"))
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter((event) => event.type === "workflow.completed")).toHaveLength(1)
  expect(events.at(-1)?.type).toBe("workflow.completed")
})

test("what is only remembered may be forgotten at any time", async () => {
  const run_id = await given.run(engine, diamond)
  const from = (await given.told(engine)).length
  const order = await given.work(engine, await given.session(engine), () => {
    forgetKnown(engine)
    return {}
  })
  expect(order.toSorted()).toEqual(["join", "left", "right", "start"])
  const { run, tasks, events } = await show(run_id)
  expect(run).toMatchObject({ status: "completed", reason: null })
  expect(Object.values(tasks).map(({ attempt }) => attempt)).toEqual(Array(4).fill(1))
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(await given.told(engine, engine.told)).toEqual(await given.told(engine))
  expect((await given.told(engine)).length).toBeGreaterThan(from)
  forgetKnown(engine)
  const subject = { id: run_id, workspace_id }
  expect([engine.known.peek(run_id), engine.feed.toldOf(subject)]).toEqual([undefined, undefined])
})

test("exactly one workflow.completed is published", async () => {
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  await given.work(engine, await given.session(engine))
  const told = await given.told(engine)
  expect(told.filter(({ topic, key }) => topic === "workflow.completed" && key === run_id)).toHaveLength(1)
})

test("a failure skips what needs it, runs what waits for failures, and fails the run", async () => {
  const run_id = await given.run(engine, {
    bad: { uses: "noop" },
    after: { uses: "noop", needs: ["bad"] },
    far: { uses: "noop", needs: ["after"] },
    rescue: { uses: "noop", needs: ["far"], when: "failure" },
  })
  await given.work(engine, await given.session(engine), ({ task }) => (task === "bad" ? fails : {}))
  const { run, tasks } = await show(run_id)
  expect(run?.status).toBe("failed")
  const statuses = Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, task.status]))
  expect(statuses).toEqual({ bad: "failed", after: "skipped", far: "skipped", rescue: "completed" })
})

test("outputs reach the tasks that read them", async () => {
  await given.run(engine, {
    make: { uses: "noop" },
    use: { run: "echo ${{ tasks.make.outputs.rows }}", needs: ["make"] },
  })
  const seen: unknown[] = []
  await given.work(engine, await given.session(engine), (attempt) => {
    seen.push(attempt.context.tasks)
    return attempt.task === "make" ? { outputs: { rows: 7 } } : {}
  })
  expect(seen).toEqual([{}, { make: { status: "completed", outputs: { rows: 7 } } }])
})

test("a late or doubled result changes nothing", async () => {
  await given.run(engine, { only: { uses: "noop" } })
  const session_id = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  if (!attempt) throw new Error("nothing was claimed")
  const settlement = { task_run_id: attempt.id, token: attempt.token, outcome: "completed" as const }
  const report = (token: string) =>
    reportTasks(engine)({ session_id, room: given.room(0), settlements: [{ ...settlement, token }] })
  expect((await report("999999999")).verdicts).toEqual([{ verdict: "stale" }])
  const twice = await reportTasks(engine)({
    session_id,
    room: given.room(0),
    settlements: [settlement, settlement],
  })
  expect(twice.verdicts.map(({ verdict }) => verdict)).toEqual(["accepted", "already"])
  expect((await report(attempt.token)).verdicts).toEqual([{ verdict: "already" }])
})

test("a failed attempt is tried again by a durable timer until its retries are used up", async () => {
  const retries = { max_retries: 2, initial: "1ms", max: "1ms" }
  const run_id = await given.run(engine, { flaky: { uses: "noop", retries } })
  const session_id = await given.session(engine)
  for (let tries = 0; tries < 3; tries += 1) {
    await engine.database.run((sql) => sql`select pg_sleep(0.005)`)
    await fireTimers(engine)()
    await given.work(engine, session_id, () => fails)
  }
  const { run, tasks } = await show(run_id)
  expect(tasks.flaky).toMatchObject({ status: "failed", attempt: 3 })
  expect(run).toMatchObject({ status: "failed", reason: "task_failed" })
})

test("what a lost worker held goes to another one, and the lost one's result is refused", async () => {
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  const lost = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id: lost, room: given.room(1) })
  if (!attempt) throw new Error("nothing was claimed")
  await engine.database.run(
    (sql) => sql`
      update scheduler.session set lease_until = now() - interval '1 second' where id = ${lost}::text::uuid`,
  )
  await sweepSessions(engine)()
  const other = await given.session(engine)
  const [again] = await claimTasks(engine)({ session_id: other, room: given.room(1) })
  expect(again).toMatchObject({ id: attempt.id, attempt: 2 })
  const late = { task_run_id: attempt.id, token: attempt.token, outcome: "completed" as const }
  const { verdicts } = await reportTasks(engine)({
    session_id: lost,
    room: given.room(1),
    settlements: [late],
  })
  expect(verdicts).toEqual([{ verdict: "stale" }])
  const { tasks } = await show(run_id)
  expect(tasks.only).toMatchObject({ status: "running", attempt: 2 })
  const done = { task_run_id: attempt.id, token: again?.token ?? "", outcome: "completed" as const }
  await reportTasks(engine)({ session_id: other, room: given.room(0), settlements: [done] })
})

test("what is handed back goes back to its queue, also where who hands it back has room for more", async () => {
  const run_id = await given.run(engine, { only: { uses: "noop" } })
  const session_id = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  const held = { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "" }
  const settlements = [{ ...held, outcome: "released" as const }]
  const { attempts } = await reportTasks(engine)({ session_id, settlements, room: given.room(5) })
  expect(attempts).toEqual([])
  expect(await given.work(engine, session_id)).toEqual(["only"])
  expect((await show(run_id)).run).toMatchObject({ status: "completed" })
})

test("the same key starts one run, another body under it is a conflict", async () => {
  const plan = given.plan({ only: { uses: "noop" } })
  const keyed = (body_hash: string) => given.start(plan, { idempotency_key: "once", body_hash })
  const [first] = await startRuns(engine)([keyed("a")])
  const [again] = await startRuns(engine)([keyed("a")])
  const [other] = await startRuns(engine)([keyed("b")])
  expect(again).toEqual({ run_id: first?.run_id ?? "", created: false, conflict: false, run: undefined })
  expect(other).toEqual({ run_id: first?.run_id ?? "", created: false, conflict: true, run: undefined })
  await given.work(engine, await given.session(engine))
})

test("claims at the same time give nothing twice", async () => {
  const tasks = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`t${index}`, { uses: "noop" }]))
  await given.run(engine, tasks)
  const sessions = await Promise.all([1, 2, 3, 4].map(() => given.session(engine)))
  const done: string[] = []
  const workUntilDone = async (session_id: string) => {
    // A claim that meets others may take the lane for empty, and finds it again as a parked one does.
    const refresh = refreshLanes(engine)
    while (done.length < 200) {
      await refresh()
      done.push(...(await given.work(engine, session_id)))
    }
  }
  await Promise.all(sessions.map(workUntilDone))
  expect(done).toHaveLength(200)
  expect(new Set(done).size).toBe(200)
})

const actor: Actor = {
  ...{ user_id: workspace_id, email: "a@example.test", grant_id: workspace_id, workspace_id },
  kind: "user",
  role: "operator",
}

test("a cancelled run ends with its last running task; a success that came first counts", async () => {
  const run_id = await given.run(engine, diamond)
  const session_id = await given.session(engine)
  const [attempt] = await claimTasks(engine)({ session_id, room: given.room(1) })
  if (!attempt) throw new Error("nothing was claimed")
  expect((await cancelRun(engine)(actor, run_id)).status).toBe("running")
  expect((await cancelRun(engine)(actor, run_id)).reason).toBe("cancelled")
  const held = { task_run_id: attempt.id, token: attempt.token }
  expect(
    await heartbeat(engine)({ session_id, held: [held], last_token: attempt.token, draining: false }),
  ).toEqual([held])
  const settlements = [{ ...held, outcome: "completed" as const }]
  const { attempts } = await reportTasks(engine)({ session_id, settlements, room: given.room(10) })
  expect(attempts).toEqual([])
  const { run, tasks, events } = await show(run_id)
  expect(run).toMatchObject({ status: "cancelled", reason: "cancelled" })
  expect(["start", "left", "join"].map((name) => tasks[name]?.status)).toEqual([
    "completed",
    "cancelled",
    "cancelled",
  ])
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.filter((event) => event.type === "workflow.completed")).toHaveLength(1)
})

test("a run at its deadline fails by timeout, once", async () => {
  const plan = { ...given.plan({ one: { uses: "noop" } }), timeout_ms: 1 }
  const [started] = await startRuns(engine)([given.start(plan)])
  await engine.database.run((sql) => sql`select pg_sleep(0.005)`)
  await Promise.all([fireTimers(engine)(), fireTimers(engine)()])
  const { run, events } = await show(started?.run_id ?? "")
  expect(run).toMatchObject({ status: "failed", reason: "timeout" })
  expect(events.filter((event) => event.type === "workflow.completed")).toHaveLength(1)
})

test("what a worker hands back in a report is queued again, and can be claimed by a fresh token", async () => {
  const run_id = await given.run(engine, { a: { uses: "noop", queue: "handed" } })
  const room = given.room(1)
  const session_id = await given.session(engine, ["handed"])
  const [attempt] = await claimTasks(engine)({ session_id, room })
  // Nothing else waits, so what is released here may be handed over.
  expect(await claimTasks(engine)({ session_id, room })).toEqual([])
  const settlements = [
    { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "released" as const },
  ]
  const { attempts } = await reportTasks(engine)({ session_id, settlements, room })
  const [again] = attempts.length > 0 ? attempts : await claimTasks(engine)({ session_id, room })
  expect(again).toMatchObject({ id: attempt?.id, attempt: 2 })
  expect(again?.token).not.toBe(attempt?.token ?? "")
  expect((await show(run_id)).tasks.a).toMatchObject({ status: "running", attempt: 2 })
})

test("a task that waits for a worker longer than it may fails, and its run goes on from there", async () => {
  const run_id = await given.run(engine, {
    first: { uses: "noop" },
    late: { uses: "noop", needs: ["first"], queue_timeout: "1m", queue: "nobody" },
    alarm: { uses: "noop", needs: ["late"], when: "failure" },
  })
  const session_id = await given.session(engine, ["default"])
  await given.work(engine, session_id)
  await fireTimers(engine)()
  expect((await show(run_id)).tasks.late).toMatchObject({ status: "queued" })
  await engine.database.run(async (sql) => {
    await sql`update scheduler.task_run set queued_at = now() - interval '1 minute' where task = 'late'`
    await sql`update scheduler.timer set due_at = now() where kind = 'expire'`
  })
  await fireTimers(engine)()
  await given.work(engine, session_id)
  const { run, tasks } = await show(run_id)
  expect(tasks.late).toMatchObject({
    ...{ status: "failed", reason: "queue.timeout" },
    error: { code: "queue.timeout", message: expect.any(String) },
  })
  expect(tasks.alarm).toMatchObject({ status: "completed" })
  expect(run).toMatchObject({ status: "failed" })
})

test("a job that is reported, however it ended, is not remembered as one that runs", async () => {
  const job = await jobsDoor(engine).create({ queue: "reported", max_retries: 0 })
  const session_id = await given.session(engine, ["reported"])
  const ended: string[] = []
  await given.work(engine, session_id, ({ id }) => {
    expect(engine.known_jobs.get(id)).toMatchObject({ status: "running" })
    ended.push(id)
    return fails
  })
  expect(ended).toEqual([job.id])
  expect(engine.known_jobs.get(job.id)).toBeUndefined()
})

test("a claim goes with the last of its attempts, also when two reports end them at the same time", async () => {
  const own = await given.engine()
  try {
    for (let count = 0; count < 3; count += 1) await given.run(own, { only: { uses: "noop" } })
    const session_id = await given.session(own)
    const attempts = await claimTasks(own)({ session_id, room: given.room(3) })
    const [first, ...others] = attempts.map(({ id, token }) => ({
      ...{ task_run_id: id, token },
      outcome: "completed" as const,
    }))
    if (!first) throw new Error("nothing was claimed")
    const report = reportTasks(own)
    const isWaiting = async () => {
      const waiting = await own.database.run(
        (sql) =>
          sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return waiting.length > 0
    }
    const [written, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const early = own.hot.tx(async (sql) => {
      await performIn(own, sql, (step) => settle(own, step, [first]))
      // What was sent before is written then.
      await sql`select 1`
      written.resolve()
      await go.promise
    })
    await written.promise
    const late = report({ session_id, settlements: others, room: given.room(0) })
    await until("the second waits for the first", isWaiting)
    go.resolve()
    await early
    const { verdicts } = await late
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["accepted", "accepted"])
    expect(await own.database.run((sql) => sql`select token, open from scheduler.claim`)).toEqual([])
  } finally {
    await own.close()
  }
})
