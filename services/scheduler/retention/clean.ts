import { list, type Sql } from "#kernel/database/database.ts"
import { lastTaskRunId, runId } from "#language/run-id.ts"
import { removeDecided } from "../approval/clean.ts"
import { removeKeysOf, removeOldKeys } from "../cache/clean.ts"
import type { Engine } from "../engine.ts"
import { jobMoves } from "../job/moves.ts"
import { runMoves } from "../run/moves.ts"

const max_runs = 50
const max_jobs = 1_000
const max_rows = 1_000

/**
 * Removes what ended long ago, a bounded batch a round. Ids sort by time of creation, so the oldest are at the front of
 * the key; what is old and still open, or a dead letter, is passed over. Any instance may do it.
 */
export const cleanEnded = ({ hot }: Engine, keep_days: number) => {
  // Where the last round stopped, so that what is passed over isn't looked at each time.
  const from = { run: first_id, job: first_id }
  return async (): Promise<boolean> => {
    const { before, ended_before } = await hot.run((sql) => readBounds(sql, keep_days))
    const runs = await hot.tx((sql) => removeRuns(sql, { from: from.run, before, ended_before }))
    const jobs = await hot.tx((sql) => removeJobs(sql, { from: from.job, before, ended_before }))
    const rest = await hot.run((sql) => removeRest(sql, keep_days))
    const plans = await hot.run((sql) => removePlans(sql, before, keep_days))
    from.run = runs.last ?? first_id
    from.job = jobs.last ?? first_id
    const keys = await hot.run(removeOldKeys)
    return runs.more || jobs.more || keys || Math.max(rest, plans) === max_rows
  }
}

const first_id = "00000000-0000-0000-0000-000000000000"

type Bounds = { readonly before: string; readonly ended_before: string }

/**
 * What was created before this id, which is the least of its time, and ended before then. What is told of runs and jobs is in
 * their rows, so these stay until everybody has read it. A row of the outbox is younger than the end that it tells of by no
 * more than its transaction took.
 */
const readBounds = async (sql: Sql, days: number): Promise<Bounds> => {
  const [row] = await sql<Bounds>`
    select (lpad(to_hex(floor(extract(epoch from now() - ${days}::float8 * interval '1 day') * 1000)::bigint), 12, '0')
        || '00000000000000000000')::uuid::text as before,
      coalesce((select at from scheduler.outbox order by id limit 1) - interval '1 hour', 'infinity')::text as ended_before`
  return row ?? { before: first_id, ended_before: "-infinity" }
}

/** Said once a day, and remembered for half a day by whoever begins runs. */
const plan_slack_days = 2

/** Of runs that old only those that have not ended are left. */
const removePlans = async (sql: Sql, before: string, days: number): Promise<number> => {
  const removed = await sql`
    delete from scheduler.plan where id = any(array(
      select id from scheduler.plan
      where used_at < now() - ${days + plan_slack_days}::float8 * interval '1 day'
        and not exists (select from scheduler.run where run.id < ${before}::text::uuid and run.plan_id = plan.id)
      limit ${max_rows}::int for update skip locked
    )) returning 1`
  return removed.length
}

type Ended = Bounds & { readonly from: string }

type Removed = { readonly last: string | undefined; readonly more: boolean }

const removeRuns = async (sql: Sql, { from, before, ended_before }: Ended): Promise<Removed> => {
  const runs = await sql<{ id: string }>`
    select id from scheduler.run
    where id > ${from}::text::uuid and id < ${before}::text::uuid
      and status = any(${list(runMoves.terminal)}::text::text[]) and finished_at < ${ended_before}::text::timestamptz
      and not (trigger = 'parent' and exists (
        select from scheduler.child join scheduler.task_run as task on task.id = child.task_run_id
        where child.run_id = run.id and task.status = 'waiting'
      ))
    order by id
    limit ${max_runs}::int
    for update skip locked`
  if (runs.length === 0) return { last: undefined, more: false }
  const ids = list(runs.map(({ id }) => id))
  await Promise.all([
    sql`
      delete from scheduler.task_run as task
      using unnest(
        ${ids}::text::uuid[], ${list(runs.map(({ id }) => lastTaskRunId(id)))}::text::uuid[]
      ) as given (first_id, last_id)
      where task.id > given.first_id and task.id <= given.last_id and task.run_id = given.first_id`,
    sql`delete from scheduler.run_event where run_id = any(${ids}::text::uuid[])`,
    removeKeysOf(
      sql,
      runs.map(({ id }) => id),
    ),
    sql`delete from scheduler.signal where run_id = any(${ids}::text::uuid[])`,
    sql`delete from scheduler.run_trigger where run_id = any(${ids}::text::uuid[])`,
    sql`delete from scheduler.child where run_id = any(${ids}::text::uuid[])`,
    sql`delete from scheduler.run where id = any(${ids}::text::uuid[])`,
  ])
  return { last: runs.at(-1)?.id, more: runs.length === max_runs }
}

const removeJobs = async (sql: Sql, { from, before, ended_before }: Ended): Promise<Removed> => {
  const looked = await sql<{ id: string; ended: boolean }>`
    select id, run_id is null and status = any(${list(jobMoves.terminal)}::text::text[])
      and finished_at < ${ended_before}::text::timestamptz as ended
    from scheduler.task_run
    where id > ${from}::text::uuid and id < ${before}::text::uuid
    order by id
    limit ${max_jobs}::int`
  const jobs = looked.filter(({ ended }) => ended)
  if (jobs.length > 0) {
    await sql`
      delete from scheduler.task_run
      where id = any(${list(jobs.map(({ id }) => id))}::text::uuid[]) and run_id is null
        and status = any(${list(jobMoves.terminal)}::text::text[])`
  }
  const last = looked.at(-1)?.id
  // A run's tasks go with their run: they are passed over as one.
  const passed = last !== undefined && looked.at(-1)?.ended === false ? lastTaskRunId(runId(last)) : last
  return { last: passed, more: looked.length === max_jobs }
}

/**
 * Keys of starts are kept for a day, rate keys as long as their turns reach; sessions and resolved dead letters as long as
 * runs, but a workspace's own workers for a day, since it may open as many as it likes.
 */
const removeRest = async (sql: Sql, days: number): Promise<number> => {
  const removed = await Promise.all([
    removeDecided(sql, max_rows),
    sql`
      delete from scheduler.idempotency where ctid = any(array(
        select ctid from scheduler.idempotency
        where created_at < now() - interval '24 hours' order by created_at limit ${max_rows}::int
      )) returning 1`,
    sql`
      delete from scheduler.rate where ctid = any(array(
        select ctid from scheduler.rate where next_at < now() limit ${max_rows}::int for update skip locked
      )) returning 1`,
    sql`
      delete from scheduler.session
      where ended
        and last_seen_at < now() - case when workspace_id is null then ${days}::float8 else least(${days}::float8, 1) end * interval '1 day'
        and not exists (select from scheduler.claim where claim.session_id = session.id)
      returning 1`,
    sql`
      delete from scheduler.dead_letter where id = any(array(
        select id from scheduler.dead_letter
        where resolved_at < now() - ${days}::float8 * interval '1 day' limit ${max_rows}::int
      )) returning 1`,
  ])
  return Math.max(...removed.map((rows) => rows.length))
}
