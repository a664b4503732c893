import { json, list, type Sql } from "#kernel/database/database.ts"
import { deadLetterId, triesOf } from "../task/tell-ended.ts"
import type { RunRow, TaskRow } from "./rows.ts"
import type { Ended } from "./step.ts"

export const saveCounted = async (sql: Sql, counted: readonly TaskRow[]): Promise<void> => {
  if (counted.length === 0) return
  await sql`
    update scheduler.task_run as task set needs_left = given.needs_left, needs_bad = given.needs_bad
    from unnest(
      ${list(counted.map((task) => task.id))}::text::uuid[],
      ${list(counted.map((task) => task.needs_left))}::text::int[],
      ${list(counted.map((task) => task.needs_bad))}::text::int[]
    ) as given (id, needs_left, needs_bad)
    where task.id = given.id and task.status in ('pending', 'waiting')`
}

/** Into their lanes, in the order of their ids. */
export const saveReleased = async (sql: Sql, released: readonly TaskRow[]): Promise<void> => {
  if (released.length === 0) return
  await sql`
    with moved as (
      update scheduler.task_run
      set status = 'queued', needs_left = 0, queued_at = now(), run_at = null
      where id = any(${list(released.map((task) => task.id))}::text::uuid[])
        and status in ('pending', 'retrying', 'queued')
      returning id, run_id, workspace_id, queue, slot, priority
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select id, run_id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
    from moved order by id`
}

export const saveBlocked = async (sql: Sql, blocked: readonly TaskRow[]): Promise<void> => {
  if (blocked.length === 0) return
  await sql`
    with moved as (
      update scheduler.task_run
      set status = 'queued', needs_left = 0, queued_at = now(), run_at = null
      where id = any(${list(blocked.map((task) => task.id))}::text::uuid[])
        and status in ('pending', 'retrying', 'queued')
      returning id, run_id, workspace_id, gate_key
    )
    insert into scheduler.blocked (task_run_id, run_id, workspace_id, gate_key)
    select id, run_id, workspace_id, gate_key from moved order by id
    on conflict (task_run_id) do nothing`
}

/** A job may be replayed, and then must not be claimed by the place that it had before. */
export const dropReady = async (sql: Sql, expired: readonly Ended[]): Promise<void> => {
  if (expired.length === 0) return
  await sql`
    delete from scheduler.ready
    where ctid = any(array(
      select ready.ctid
      from scheduler.task_run as task
      join scheduler.ready using (queue, workspace_id, slot)
      where task.id = any(${list(expired.map(({ task }) => task.id))}::text::uuid[]) and ready.task_run_id = task.id
        and ready.rank = floor(extract(epoch from task.queued_at) * 1000)::bigint - 60000 * task.priority
      for update of ready skip locked
    ))`
}

export const dropBlocked = async (sql: Sql, stopped: readonly RunRow[]): Promise<void> => {
  if (stopped.length === 0) return
  await sql`
    delete from scheduler.blocked where run_id = any(${list(stopped.map((run) => run.id))}::text::uuid[])`
}

/** Nothing holds a slot while it waits for its next try. */
export const insertTimers = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  const later = ended.filter(({ delay_ms }) => delay_ms !== null)
  if (later.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, task_run_id, run_id)
    select now() + delay_ms * interval '1 millisecond', 'retry', id, run_id
    from unnest(
      ${list(later.map(({ task }) => task.id))}::text::uuid[],
      ${list(later.map(({ task }) => task.run_id))}::text::uuid[],
      ${list(later.map(({ delay_ms }) => delay_ms))}::text::float8[]
    ) as given (id, run_id, delay_ms)`
}

/** What is queued for a limited time has it anew each time that it is queued. */
export const insertExpiries = async (sql: Sql, expiring: readonly TaskRow[]): Promise<void> => {
  const waiting = expiring.filter(({ status }) => status === "queued")
  if (waiting.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, task_run_id, run_id)
    select now() + limit_ms * interval '1 millisecond', 'expire', id, run_id
    from unnest(
      ${list(waiting.map(({ id }) => id))}::text::uuid[],
      ${list(waiting.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(waiting.map(({ settings }) => settings?.queue_timeout_ms ?? null))}::text::float8[]
    ) as given (id, run_id, limit_ms)
    where limit_ms is not null`
}

export const insertDeadLetters = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  const dead = ended.filter(({ task }) => task.status === "dead_letter")
  if (dead.length === 0) return
  await sql`
    insert into scheduler.dead_letter (id, job_id, workspace_id, queue, type, reason, attempts)
    select id, job_id, workspace_id, queue, type, coalesce(error::json ->> 'code', 'task.failed'), attempts
    from unnest(
      ${list(dead.map(({ task, token }) => deadLetterId(task.id, token)))}::text::uuid[],
      ${list(dead.map(({ task }) => task.id))}::text::uuid[],
      ${list(dead.map(({ task }) => task.workspace_id))}::text::uuid[],
      ${list(dead.map(({ task }) => task.queue))}::text::text[],
      ${list(dead.map(({ task }) => task.type))}::text::text[],
      ${list(dead.map(({ error }) => (error ? json(error) : null)))}::text::text[],
      ${list(dead.map(({ task }) => triesOf(task)))}::text::int[]
    ) as given (id, job_id, workspace_id, queue, type, error, attempts)
    on conflict (id) do nothing`
}
