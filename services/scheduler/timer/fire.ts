import { list, type Sql } from "#kernel/database/database.ts"
import { isRunId } from "#language/run-id.ts"
import { beginChildren } from "../child/begin.ts"
import { beginAwaited, endAwaiting } from "../child/due.ts"
import type { Engine } from "../engine.ts"
import { enteringJob } from "../gate/gate.ts"
import { endRuns } from "../run/end.ts"
import { loadRuns } from "../run/load.ts"
import { endStopped, stopRuns } from "../run/stop.ts"
import { performIn } from "../step/perform.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { join, runOfTask, type Step } from "../step/step.ts"
import { advanceRuns } from "../task/advance.ts"
import { expire } from "../task/expire.ts"
import { release } from "../task/release.ts"
import { fireWaits } from "../wait/due.ts"

const max_timers = 500

/** Does what is due, each once, whoever fires it: tasks come back into their queues, late ones are stopped. */
export const fireTimers = (engine: Engine) => (): Promise<boolean> =>
  engine.hot.tx(async (sql) => {
    const due = await findDue(sql)
    if (due.length === 0) return false
    const mine = await withFreeRuns(sql, due)
    const { answer } = await performIn(engine, sql, async (step) => {
      const done = await fire(engine, step, mine)
      return { done, ...step.decided.waits }
    })
    await beginChildren(engine, sql, answer.children)
    await removeTimers(sql, answer.done)
    return due.length === max_timers || answer.later.length > 0
  })

export type Due = {
  readonly id: string
  readonly kind: string
  readonly task_run_id: string | null
  readonly run_id: string | null
  readonly due_ms: number
}

/** A timer may find that what it was for is over: then it does nothing. Answers those that are done with. */
export const fire = async (engine: Engine, step: Step, due: readonly Due[]): Promise<readonly Due[]> => {
  const run_ids = new Set(due.flatMap(({ run_id }) => run_id ?? []))
  await loadRuns(engine, step, [...run_ids].filter(isRunId))
  join(step.tasks, await step.rows.tasks([...new Set(due.flatMap(({ task_run_id }) => task_run_id ?? []))]))
  for (const { kind, task_run_id, due_ms } of due) {
    const task = step.tasks.get(task_run_id ?? "")
    if (!task) continue
    if (kind === "expire" && task.status === "queued") expireIfLate(step, task, due_ms)
    if (kind === "retry" && task.status === "retrying") release(step, runOfTask(step, task), task)
    if (kind === "start" && task.status === "pending") start(step, task)
  }
  await endAwaiting(step, due)
  await fireWaits(step, due)
  await advanceRuns(step)
  await endRuns(step)
  await stopRuns(step, runsOf(step, due, "deadline"), "timeout")
  await stopRuns(step, runsOf(step, due, "stop"), "cancelled")
  await endStopped(step, runsOf(step, due, "linger"))
  await beginAwaited(step, due)
  const left = new Set([...step.decided.waits.postponed, ...step.decided.waits.later])
  return due.filter(({ id }) => !left.has(id))
}

const runsOf = (step: Step, due: readonly Due[], wanted: string): readonly RunRow[] =>
  due.flatMap(({ kind, run_id }) => (kind === wanted ? (step.runs.get(run_id ?? "") ?? []) : []))

/** It may have been queued again since: then it has another timer. */
const expireIfLate = (step: Step, task: TaskRow, due_ms: number): void => {
  const limit_ms = task.settings?.queue_timeout_ms ?? Number.POSITIVE_INFINITY
  // The database tells microseconds.
  if (Math.round((due_ms - task.queued_ms) * 1_000) >= limit_ms * 1_000) expire(step, task)
}

/** One with a concurrency key comes to its gate now; it was accepted, so it waits there rather than be refused. */
const start = (step: Step, task: TaskRow): void => {
  const entering = enteringJob(task)
  if (!entering) {
    release(step, runOfTask(step, task), task)
    return
  }
  const on_conflict = entering.on_conflict === "reject" ? "queue" : entering.on_conflict
  step.decided.entering.push({ ...entering, on_conflict })
}

const findDue = (sql: Sql) =>
  sql<Due>`
    select id::text as id, kind, task_run_id, run_id, (extract(epoch from due_at) * 1000)::float8 as due_ms
    from scheduler.timer
    where due_at <= now()
    order by due_at, id
    limit ${max_timers}::int
    for update skip locked`

/** Never waits for a run that is being moved on: its timers are still there in the next round. */
const withFreeRuns = async (sql: Sql, due: readonly Due[]): Promise<readonly Due[]> => {
  const run_ids = new Set(due.flatMap(({ run_id }) => run_id ?? []))
  if (run_ids.size === 0) return due
  const rows = await sql<{ id: string }>`
    select id from scheduler.run
    where id = any(${list([...run_ids])}::text::uuid[])
    order by id
    for update skip locked`
  const free = new Set(rows.map((row) => row.id))
  return due.filter(({ run_id }) => run_id === null || free.has(run_id))
}

const removeTimers = (sql: Sql, timers: readonly Due[]) =>
  sql`delete from scheduler.timer where id = any(${list(timers.map((timer) => timer.id))}::text::bigint[])`
