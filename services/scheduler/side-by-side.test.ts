import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Log } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { until } from "#kernel/testing/until.ts"
import { createEngine, type Engine } from "./engine.ts"
import { given, workspace_id } from "./given.ts"
import { refreshLanes } from "./lane/refresh.ts"
import { readRun } from "./run/read.ts"
import { sweepSessions } from "./session/sweep.ts"
import type { Attempt } from "./task/attempt.ts"
import { claimTasks } from "./task/claim.ts"
import { reportTasks } from "./task/report.ts"
import { fireTimers } from "./timer/fire.ts"

let engines: readonly Engine[]
let close: () => Promise<void>
const said: string[] = []

const log: Log = {
  debug: ({ event }) => void said.push(event),
  info: ({ event }) => void said.push(event),
  warn: ({ event }) => void said.push(event),
  error: ({ event }) => void said.push(event),
}

beforeAll(async () => {
  const first = await given.engine()
  close = first.close
  // Another process: it shares the database and nothing in memory.
  const { database, hot, kit } = first
  const second = createEngine({ database, hot, kit, log, metrics: createMetrics() })
  engines = [{ ...first, log }, second]
})
afterAll(() => close())

const diamonds = Object.fromEntries(
  [0, 1, 2].flatMap((step) => {
    const top = step === 0 ? {} : { needs: [`join${step - 1}`] }
    return [
      [`start${step}`, { uses: "noop", ...top }],
      [`left${step}`, { uses: "noop", needs: [`start${step}`] }],
      [`right${step}`, { uses: "noop", needs: [`start${step}`] }],
      [`join${step}`, { uses: "noop", needs: [`left${step}`, `right${step}`] }],
    ]
  }),
)

const [runs, tasks] = [30, Object.keys(diamonds).length]

test("two schedulers on one database run every task of every run once, with gapless events", async () => {
  const [first, second] = engines
  if (!first || !second) throw new Error("there are not two")
  await Promise.all(
    Array.from({ length: runs }, (_, index) => given.run(engines[index % 2] ?? first, diamonds)),
  )
  const done: string[] = []
  const isDone = () => done.length >= runs * tasks
  const worker = async (engine: Engine) => {
    const session_id = await given.session(engine)
    const refresh = refreshLanes(engine)
    while (!isDone()) {
      await refresh()
      const order = await given.work(engine, session_id, ({ id }) => {
        done.push(id)
        return {}
      })
      // What is left is locked by another worker just now, or waits for one.
      if (order.length === 0)
        await until("a moment", () => new Promise<true>((resolve) => setImmediate(resolve, true)))
    }
  }
  const sweeper = async (engine: Engine) => {
    while (!isDone()) {
      await sweepSessions(engine)()
      await fireTimers(engine)()
    }
  }
  await Promise.all([
    worker(first),
    worker(second),
    worker(first),
    worker(second),
    sweeper(first),
    sweeper(second),
  ])
  expect(done).toHaveLength(runs * tasks)
  expect(new Set(done).size).toBe(runs * tasks)
  const [row] = await first.database.run(
    (sql) => sql<Record<string, number>>`
      select
        (select count(*)::int from scheduler.run where status = 'completed' and open = 0) as completed,
        (select count(*)::int from scheduler.task_run where status = 'completed' and attempt = 1) as once,
        (select count(*)::int from scheduler.ready) as ready,
        (select count(*)::int from scheduler.claim) as claims,
        (select count(*)::int from (
          select run.id
          from scheduler.run as run join scheduler.run_event as row on row.run_id = run.id,
            json_array_elements(row.events) as event
          group by run.id, run.seq
          having count(*) <> run.seq or min((event ->> 'seq')::int) <> 1 or max((event ->> 'seq')::int) <> run.seq
        ) as gaps) as gaps,
        (select count(*)::int from scheduler.run_event, json_array_elements(events) as event
          where event ->> 'type' = 'workflow.completed') as ends`,
  )
  expect(row).toEqual({ completed: runs, once: runs * tasks, ready: 0, claims: 0, gaps: 0, ends: runs })
  expect(said).toEqual([])
})

test("a run that another scheduler has moved on is read again, and none of its work is done twice", async () => {
  const [first, second] = engines
  if (!first || !second) throw new Error("there are not two")
  const run_id = await given.run(first, {
    root: { uses: "noop" },
    left: { uses: "noop", needs: ["root"] },
    right: { uses: "noop", needs: ["root"] },
  })
  const session_id = await given.session(first)
  const room = given.room(2)
  const [root] = await claimTasks(first)({ session_id, room })
  const settle = (attempt: Attempt | undefined) => ({
    session_id,
    room: given.room(0),
    settlements: [
      { task_run_id: attempt?.id ?? "", token: attempt?.token ?? "", outcome: "completed" as const },
    ],
  })
  const { attempts } = await reportTasks(first)({ ...settle(root), room })
  expect(attempts.map(({ task }) => task).toSorted()).toEqual(["left", "right"])
  // The first knows the run; now the second moves it on, so that what the first knows is old.
  await reportTasks(second)(settle(attempts[0]))
  expect(first.known.peek(run_id)?.open?.size).toBe(2)
  const { verdicts } = await reportTasks(first)(settle(attempts[0]))
  expect(verdicts).toEqual([{ verdict: "already" }])
  await reportTasks(first)(settle(attempts[1]))
  const run = await first.database.run((sql) => readRun(sql, workspace_id, run_id))
  expect(run?.status).toBe("completed")
})

test("a run whose first task can't begin has failed, though another scheduler sees it end", async () => {
  const [first, second] = engines
  if (!first || !second) throw new Error("there are not two")
  const run_id = await given.run(first, {
    broken: { uses: "noop", if: "inputs.none.deeper == 1" },
    other: { uses: "noop" },
  })
  await refreshLanes(second)()
  expect(await given.work(second, await given.session(second))).toEqual(["other"])
  const run = await first.database.run((sql) => readRun(sql, workspace_id, run_id))
  expect(run?.status).toBe("failed")
})
