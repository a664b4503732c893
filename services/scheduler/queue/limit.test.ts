import { afterAll, beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { jobsDoor } from "../job/given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import type { Attempt } from "../task/attempt.ts"
import { claimTasks } from "../task/claim.ts"
import { parkedClaim } from "../task/park.ts"
import { reportTasks } from "../task/report.ts"
import { readQueues } from "./read.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

type Settings = { readonly concurrency?: number; readonly rate_limit?: number; readonly paused?: boolean }

const set = (name: string, { concurrency, rate_limit, paused = false }: Settings) =>
  engine.hot.run(async (sql) => {
    await sql`
      insert into scheduler.queue (workspace_id, name, paused, concurrency, rate_limit, rate_ms)
      values (${workspace_id}::text::uuid, ${name}, ${paused}::boolean, ${concurrency ?? null}::int,
        ${rate_limit ?? null}::int, ${rate_limit === undefined ? null : 1_000}::int)
      on conflict (workspace_id, name) do update
      set paused = excluded.paused, concurrency = excluded.concurrency, rate_limit = excluded.rate_limit,
        rate_ms = excluded.rate_ms`
    engine.queues.replace(await readQueues(sql))
  })

const wide = (queue: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, { uses: "noop", queue }]))

const done = ({ id, token }: Attempt) => ({ task_run_id: id, token, outcome: "completed" as const })

const claim = async (queue: string, count = 50) => {
  const session_id = await given.session(engine, [queue])
  await refreshLanes(engine)()
  return { session_id, attempts: await claimTasks(engine)({ session_id, room: given.room(count) }) }
}

test("of a paused queue nothing is given, and all of it once it goes on", async () => {
  await given.run(engine, wide("paused", 3))
  await set("paused", { paused: true })
  expect((await claim("paused")).attempts).toEqual([])
  engine.queues.replace([])
  expect((await claim("paused")).attempts).toEqual([])
  await set("paused", {})
  expect((await claim("paused")).attempts).toHaveLength(3)
})

test("no more of a queue run at once than it may, whoever claims", async () => {
  await given.run(engine, wide("narrow", 10))
  await set("narrow", { concurrency: 3 })
  const claims = await Promise.all([claim("narrow", 2), claim("narrow", 2), claim("narrow", 2)])
  let running = claims.flatMap(({ attempts }) => attempts)
  expect(running.length).toBeLessThanOrEqual(3)
  const session_id = await given.session(engine, ["narrow"])
  const ended: string[] = []
  await until("all have run", async () => {
    const settlements = running.map(done)
    ended.push(...settlements.map(({ task_run_id }) => task_run_id))
    const { attempts } = await reportTasks(engine)({ session_id, settlements, room: given.room(8) })
    expect(attempts.length).toBeLessThanOrEqual(3)
    running = [...attempts]
    if (running.length === 0) running = [...(await claim("narrow")).attempts]
    expect(running.length).toBeLessThanOrEqual(3)
    return ended.length === 10
  })
  expect(new Set(ended).size).toBe(10)
})

test("no more of a queue begin in a second than it may, evenly spread, and nothing waits longer than it must", async () => {
  await given.run(engine, wide("slow", 12))
  await set("slow", { rate_limit: 20 })
  const session_id = await given.session(engine, ["slow"])
  const park = parkedClaim(engine, refreshLanes(engine))
  const begun: number[] = []
  const signal = new AbortController().signal
  await until("all have begun", async () => {
    const attempts = await park({ session_id, room: given.room(50), wait_ms: 1_000, signal })
    begun.push(...attempts.map(() => performance.now()))
    return begun.length === 12
  })
  const [row] = await engine.database.run(
    (sql) => sql<{ span_ms: number; least_ms: number }>`
      select extract(epoch from max(started_at) - min(started_at))::float8 * 1000 as span_ms,
        extract(epoch from min(gap))::float8 * 1000 as least_ms
      from (
        select started_at, started_at - lag(started_at) over (order by started_at) as gap
        from scheduler.task_run where queue = 'slow'
      ) as started`,
  )
  // Eleven gaps of 50 ms, of which 20 may be made up for.
  expect(row?.span_ms).toBeGreaterThanOrEqual(11 * 50 - 21)
  expect(row?.least_ms).toBeGreaterThanOrEqual(29)
})

test("what is set for a minute is spread over a minute", async () => {
  await given.run(engine, wide("minutely", 3))
  const door = jobsDoor(engine)
  await door.ask("PUT", "/queues/minutely", { body: { rate_limit: { limit: 1, per: "minute" } } })
  const begun = async () => (await claim("minutely")).attempts.length
  const passed = (time: string) =>
    engine.database.run(
      (sql) => sql`
        update scheduler.queue set rate_at = rate_at - ${time}::text::interval where name = 'minutely'`,
    )
  expect([await begun(), await begun()]).toEqual([1, 0])
  await passed("45 seconds")
  expect(await begun()).toBe(0)
  await passed("15 seconds")
  expect([await begun(), await begun()]).toEqual([1, 0])
})

test("a limit of one queue doesn't hold back another", async () => {
  await given.run(engine, wide("narrow2", 5))
  await given.run(engine, wide("free", 5))
  await set("narrow2", { concurrency: 1 })
  const { attempts } = await claim("*", 20)
  expect(attempts.filter((attempt) => attempt.plan_task.queue === "free")).toHaveLength(5)
  expect(attempts.filter((attempt) => attempt.plan_task.queue === "narrow2")).toHaveLength(1)
})

test("a long lane of one workspace doesn't hold back another workspace's single task", async () => {
  await given.run(engine, wide("shared", 500))
  const other = "0198c0de-0000-7000-8000-0000000000b2"
  const { startRuns } = await import("../run/start.ts")
  await startRuns(engine)([given.start(given.plan(wide("shared", 1)), { workspace_id: other })])
  const { attempts } = await claim("shared", 10)
  expect(attempts.some((attempt) => attempt.workspace_id === other)).toBe(true)
  expect(attempts).toHaveLength(6)
})
