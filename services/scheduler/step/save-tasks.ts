import { json, list, type Sql } from "#kernel/database/database.ts"
import type { Holder, TaskRow } from "./rows.ts"
import type { Ended } from "./step.ts"

/** The guard by token and state is what makes a late result harmless, whatever was decided about it. */
export const saveEnded = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  const completed = ended.filter(({ task }) => task.status === "completed")
  const others = ended.filter(({ task }) => task.status !== "completed")
  await Promise.all([saveCompleted(sql, completed), saveUncompleted(sql, others)])
}

const saveCompleted = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  if (ended.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = 'completed', outputs = given.outputs::json, usage = given.usage::json, log_chunks = given.log_chunks,
      finished_at = now()
    from unnest(
      ${list(ended.map(({ task }) => task.id))}::text::uuid[],
      ${list(ended.map(({ token }) => token))}::text::bigint[],
      ${list(ended.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null)))}::text::text[],
      ${list(ended.map(({ settlement }) => (settlement.usage ? json(settlement.usage) : null)))}::text::text[],
      ${list(ended.map(({ settlement }) => settlement.log_chunks ?? 0))}::text::int[]
    ) as given (id, token, outputs, usage, log_chunks)
    where task.id = given.id and task.token = given.token and task.status = 'running'`
}

const saveUncompleted = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  if (ended.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = given.status, reason = given.error::json ->> 'code', returned = given.returned, lost = given.lost,
      outputs = given.outputs::json, error = given.error::json, usage = given.usage::json,
      log_chunks = given.log_chunks, run_at = now() + given.delay_ms * interval '1 millisecond',
      finished_at = case when given.status in ('failed', 'cancelled', 'dead_letter') then now() end
    from unnest(
      ${list(ended.map(({ task }) => task.id))}::text::uuid[],
      ${list(ended.map(({ token }) => token))}::text::bigint[],
      ${list(ended.map(({ task }) => task.status))}::text::text[],
      ${list(ended.map(({ task }) => task.returned))}::text::int[],
      ${list(ended.map(({ task }) => task.lost))}::text::int[],
      ${list(ended.map(({ delay_ms }) => delay_ms))}::text::float8[],
      ${list(ended.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null)))}::text::text[],
      ${list(ended.map(({ error }) => (error ? json(error) : null)))}::text::text[],
      ${list(ended.map(({ settlement }) => (settlement.usage ? json(settlement.usage) : null)))}::text::text[],
      ${list(ended.map(({ settlement }) => settlement.log_chunks ?? 0))}::text::int[]
    ) as given (id, token, status, returned, lost, delay_ms, outputs, error, usage, log_chunks)
    where task.id = given.id and task.token = given.token and task.status = 'running'`
}

export const saveUnbegun = async (sql: Sql, unbegun: readonly TaskRow[]): Promise<void> => {
  if (unbegun.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = given.status, reason = given.reason, finished_at = now()
    from unnest(
      ${list(unbegun.map((task) => task.id))}::text::uuid[],
      ${list(unbegun.map((task) => task.status))}::text::text[],
      ${list(unbegun.map((task) => task.reason))}::text::text[]
    ) as given (id, status, reason)
    where task.id = given.id and task.status <> 'running'`
}

export const saveStopping = async (sql: Sql, stopping: readonly TaskRow[]): Promise<void> => {
  if (stopping.length === 0) return
  await sql`
    update scheduler.task_run set cancel = true
    where id = any(${list(stopping.map((task) => task.id))}::text::uuid[]) and status = 'running'`
}

export const saveHanded = async (
  sql: Sql,
  handed: readonly TaskRow[],
  holder: Holder | undefined,
): Promise<void> => {
  if (handed.length === 0 || !holder) return
  await sql`
    update scheduler.task_run
    set status = 'running', needs_left = 0, attempt = attempt + 1, token = ${holder.token}::text::bigint,
      worker_id = ${holder.session_id}, queued_at = now(), started_at = now(), finished_at = null, error = null,
      reason = null, run_at = null
    where id = any(${list(handed.map((task) => task.id))}::text::uuid[]) and status in ('pending', 'queued')`
}
