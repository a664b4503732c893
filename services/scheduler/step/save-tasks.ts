import { json, list, type Sql } from "#kernel/database/database.ts"
import { writtenOutputs, writtenUsage } from "../task/written.ts"
import type { TaskRow } from "./rows.ts"
import type { Decided, Ended } from "./step.ts"

export const saveUncompleted = async (sql: Sql, all: readonly Ended[]): Promise<void> => {
  const ended = all.filter(({ task }) => task.status !== "completed")
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
      ${list(ended.map(({ settlement }) => writtenOutputs(settlement)))}::text::text[],
      ${list(ended.map(({ error }) => (error ? json(error) : null)))}::text::text[],
      ${list(ended.map(({ settlement }) => writtenUsage(settlement)))}::text::text[],
      ${list(ended.map(({ settlement }) => settlement.log_chunks ?? 0))}::text::int[]
    ) as given (id, token, status, returned, lost, delay_ms, outputs, error, usage, log_chunks)
    where task.id = given.id and task.token = given.token and task.status = 'running'`
}

/** What ended without running; with an error where that is why. */
export const saveUnbegun = async (sql: Sql, { unbegun, expired }: Decided): Promise<void> => {
  const ended = [...unbegun.map((task) => ({ task, error: null })), ...expired]
  if (ended.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = given.status, reason = given.reason, error = coalesce(given.error::json, task.error), finished_at = now()
    from unnest(
      ${list(ended.map(({ task }) => task.id))}::text::uuid[],
      ${list(ended.map(({ task }) => task.status))}::text::text[],
      ${list(ended.map(({ task }) => task.reason))}::text::text[],
      ${list(ended.map(({ error }) => (error ? json(error) : null)))}::text::text[]
    ) as given (id, status, reason, error)
    where task.id = given.id and task.status <> 'running'`
}

export const saveStopping = async (sql: Sql, stopping: readonly TaskRow[]): Promise<void> => {
  if (stopping.length === 0) return
  await sql`
    update scheduler.task_run set cancel = true
    where id = any(${list(stopping.map((task) => task.id))}::text::uuid[]) and status = 'running'`
}
