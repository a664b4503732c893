import { list, type Sql } from "#kernel/database/database.ts"
import { outboxText } from "#kernel/outbox/emit.ts"
import { nudge } from "#kernel/outbox/nudge.ts"
import { wakeUps } from "../task/ready.ts"
import type { NewJob } from "./prepare.ts"

export type Inserted = { readonly count: number; readonly at: Date }

/**
 * Jobs, what may be claimed of them, their timers and the wake-up in one statement, so in one round trip and one
 * commit. A key that is taken leaves its row as it is: then `count` is less than what was sent.
 */
export const insertJobs = async (sql: Sql, jobs: readonly NewJob[]): Promise<Inserted> => {
  // Two flushes that share keys must wait for each other in the same order.
  const rows = jobs.some(({ key }) => key !== null) ? [...jobs].sort(byKey) : jobs
  const limited = rows.filter(({ queue_timeout_ms }) => queue_timeout_ms !== null)
  const wake = outboxText(wakeUps(rows.map(({ id, queue }) => ({ task_run_id: id, queue }))))
  const [inserted] = await sql<Inserted>`
    with created as (
      insert into scheduler.task_run
        (id, idx, workspace_id, task, type, status, queue, slot, priority, run_at, max_retries, payload,
          idempotency_key, settings, traceparent, queued_at, created_at)
      select id, 0, workspace_id, type, type, case when run_at > now() then 'pending' else 'queued' end, queue, slot,
        priority, run_at, max_retries, payload::json, key, settings::json, traceparent,
        case when run_at > now() then null else now() end, now()
      from unnest(
        ${list(rows.map(({ id }) => id))}::text::uuid[],
        ${list(rows.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(rows.map(({ key }) => key))}::text::text[],
        ${list(rows.map(({ type }) => type))}::text::text[],
        ${list(rows.map(({ payload_text }) => payload_text))}::text::text[],
        ${list(rows.map(({ queue }) => queue))}::text::text[],
        ${list(rows.map(({ slot }) => slot))}::text::text[],
        ${list(rows.map(({ priority }) => priority))}::text::int[],
        ${list(rows.map(({ max_retries }) => max_retries))}::text::int[],
        ${list(rows.map(({ run_at }) => run_at))}::text::timestamptz[],
        ${list(rows.map(({ settings }) => settings))}::text::text[],
        ${list(rows.map(({ traceparent }) => traceparent))}::text::text[]
      ) as given (id, workspace_id, key, type, payload, queue, slot, priority, max_retries, run_at, settings, traceparent)
      on conflict (workspace_id, idempotency_key) where idempotency_key is not null do nothing
      returning id, workspace_id, queue, slot, priority, status, run_at
    ), readied as (
      insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
      select id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
      from created where status = 'queued' order by id
    ), started as (
      insert into scheduler.timer (due_at, kind, task_run_id)
      select run_at, 'start', id from created where status = 'pending'
    ), expiring as (
      insert into scheduler.timer (due_at, kind, task_run_id)
      select greatest(run_at, now()) + limit_ms * interval '1 millisecond', 'expire', id
      from unnest(
        ${list(limited.map(({ id }) => id))}::text::uuid[],
        ${list(limited.map(({ run_at }) => run_at))}::text::timestamptz[],
        ${list(limited.map(({ queue_timeout_ms }) => queue_timeout_ms))}::text::float8[]
      ) as given (id, run_at, limit_ms)
      where id in (select id from created)
    ), told as (
      insert into scheduler.outbox (topic, events)
      select topic, events::json
      from unnest(${wake.topics}::text::text[], ${wake.events}::text::text[]) as given (topic, events)
    )
    select count(*)::int as count, now() as at from created`
  sql.afterCommit(() => nudge(sql.schema, ["task.scheduled"]))
  return inserted ?? { count: 0, at: new Date(0) }
}

const byKey = (one: NewJob, other: NewJob): number => {
  if (one.key === other.key) return 0
  return (one.key ?? "") < (other.key ?? "") ? -1 : 1
}

export type Keyed = { readonly id: string; readonly workspace_id: string; readonly key: string }

/** Who holds the keys of these jobs. */
export const findByKeys = (sql: Sql, jobs: readonly NewJob[]) =>
  sql<Keyed>`
    select job.id, job.workspace_id, job.idempotency_key as key
    from unnest(
      ${list(jobs.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(jobs.map(({ key }) => key))}::text::text[]
    ) as given (workspace_id, key)
    join scheduler.task_run as job
      on job.workspace_id = given.workspace_id and job.idempotency_key = given.key`
