import { list, type Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import type { Engine } from "../engine.ts"
import { lockRuns } from "../run/lock.ts"
import { stopRuns } from "../run/stop.ts"
import { wakeUps } from "../task/ready.ts"

const max_timers = 500

/** Brings due retries back into their queues and stops runs at their deadline, each once, whoever fires it. */
export const fireTimers = (engine: Engine) => (): Promise<boolean> =>
  engine.hot.tx(async (sql) => {
    const due = await findDue(sql)
    if (due.length === 0) return false
    const mine = await withFreeRuns(sql, due)
    const ready = await releaseRetries(
      sql,
      mine.filter((timer) => timer.kind === "retry"),
    )
    const late = mine.filter((timer) => timer.kind === "deadline").map((timer) => timer.run_id)
    const runs = await lockRuns(sql, late)
    await stopRuns(engine, sql, { runs: [...runs.values()], reason: "timeout" })
    await removeTimers(sql, mine)
    await emit(sql, wakeUps(ready))
    sql.afterCommit(() => engine.ready.fire())
    return due.length === max_timers
  })

type Due = {
  readonly id: string
  readonly kind: string
  readonly task_run_id: string
  readonly run_id: string
}

const findDue = (sql: Sql) =>
  sql<Due>`
    select id::text as id, kind, task_run_id, run_id
    from scheduler.timer
    where due_at <= now()
    order by due_at, id
    limit ${max_timers}::int
    for update skip locked`

/** Never waits for a run that is being moved on: its timers are still there in the next round. */
const withFreeRuns = async (sql: Sql, due: readonly Due[]): Promise<readonly Due[]> => {
  const rows = await sql<{ id: string }>`
    select id from scheduler.run
    where id = any(${list([...new Set(due.map((timer) => timer.run_id))])}::text::uuid[])
    order by id
    for update skip locked`
  const free = new Set(rows.map((row) => row.id))
  return due.filter((timer) => free.has(timer.run_id))
}

const releaseRetries = (sql: Sql, timers: readonly Due[]) =>
  sql<{ task_run_id: string; queue: string }>`
    with moved as (
      update scheduler.task_run set status = 'queued', queued_at = now()
      where id = any(${list(timers.map((timer) => timer.task_run_id))}::text::uuid[]) and status = 'retrying'
      returning id, run_id, workspace_id, queue, priority
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from moved order by id
    returning task_run_id, queue`

const removeTimers = (sql: Sql, timers: readonly Due[]) =>
  sql`delete from scheduler.timer where id = any(${list(timers.map((timer) => timer.id))}::text::bigint[])`
