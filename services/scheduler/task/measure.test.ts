import { afterAll, beforeAll, expect, test } from "bun:test"
import { createMetrics, type Metrics } from "#kernel/telemetry/metrics.ts"
import { createEngine, type Engine } from "../engine.ts"
import { given } from "../given.ts"
import { jobsDoor } from "../job/given.ts"
import { measureQueues } from "../queue/measure.ts"
import { claimTasks } from "./claim.ts"
import { reportTasks } from "./report.ts"

let engine: Engine
let metrics: Metrics
let close: () => Promise<void>

beforeAll(async () => {
  const own = await given.engine()
  close = own.close
  metrics = createMetrics()
  const { database, hot, kit, log } = own
  engine = createEngine({ database, hot, kit, log, metrics })
  measureQueues(engine, metrics)
})
afterAll(() => close())

/** What Prometheus is told, buckets and explanations left out. */
const told = async () => {
  const lines = (await metrics.expose())
    .split("\n")
    .filter((line) => /^(jobs|job|tasks|queue|dead|worker|workflow)_/.test(line))
  const values = lines.map(
    (line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))] as const,
  )
  return Object.fromEntries(values.filter(([name]) => !/_bucket|_sum/.test(name)))
}

test("the work of jobs and of tasks is told under the names that dashboards rely on", async () => {
  const door = jobsDoor(engine)
  await door.create({ type: "noop" })
  await door.create({ type: "noop", queue: "mail" })
  await given.run(engine, { good: { uses: "noop" }, bad: { uses: "noop" } })
  await given.run(engine, { good: { uses: "noop" } })
  expect(await told()).toMatchObject({
    ...{ 'jobs_total{type="noop"}': 2, 'queue_depth{queue="default"}': 1, 'queue_depth{queue="mail"}': 1 },
    'tasks_queue_depth{queue="default"}': 3,
  })
  const session_id = await given.session(engine)
  const attempts = await claimTasks(engine)({ session_id, room: given.room(100) })
  expect(attempts).toHaveLength(5)
  expect(await told()).toMatchObject({
    ...{ [`worker_busy{worker_id="${session_id}"}`]: 2, [`tasks_worker_busy{worker_id="${session_id}"}`]: 3 },
    ...{ 'queue_depth{queue="mail"}': 0, 'tasks_queue_depth{queue="default"}': 0 },
  })
  const settlements = attempts.map(({ id, token, task, plan_task }) => ({
    ...{ task_run_id: id, token, non_retryable: true },
    outcome: task === "bad" || plan_task.queue === "mail" ? ("failed" as const) : ("completed" as const),
  }))
  await reportTasks(engine)({ session_id, settlements, room: given.room(0) })
  expect(await told()).toMatchObject({
    ...{
      'jobs_total{type="noop"}': 2,
      'jobs_success_total{type="noop"}': 1,
      'jobs_failed_total{type="noop"}': 1,
    },
    ...{ 'job_latency_seconds_count{type="noop"}': 2, 'dead_letter_depth{queue="mail"}': 1 },
    ...{
      'tasks_total{type="noop"}': 3,
      'tasks_success_total{type="noop"}': 2,
      'tasks_failed_total{type="noop"}': 1,
    },
    ...{ 'tasks_latency_seconds_count{type="noop"}': 3, [`worker_busy{worker_id="${session_id}"}`]: 0 },
    ...{ 'workflow_runs_total{status="completed"}': 1, 'workflow_runs_total{status="failed"}': 1 },
  })
})
