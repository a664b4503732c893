import { list, type Sql } from "#kernel/database/database.ts"
import type { ClaimedRow, Holder, Share, Taken } from "./rows.ts"

/**
 * One statement, so that what is taken from the lanes is running or blocked when it is gone from them. A run that is
 * being moved on by somebody else is skipped with its tasks; each has its ready row until the next claim. The rows to
 * delete are named by an array, so that the limits are evaluated once. What is kept back is in no order: with one the
 * planner walks through all task runs by their ids.
 */
export const takeReady = async (
  sql: Sql,
  shares: readonly Share[],
  { session_id, token }: Holder,
): Promise<Taken> => {
  if (shares.length === 0) return { tasks: [], busy: 0 }
  const rows = await sql<ClaimedRow & { busy: number }>`
    with lane as (
      select given.*
      from unnest(
        ${list(shares.map((share) => share.queue))}::text::text[],
        ${list(shares.map((share) => share.workspace_id))}::text::uuid[],
        ${list(shares.map((share) => share.slot))}::text::text[],
        ${list(shares.map((share) => share.max_tasks))}::text::int[],
        ${list(shares.map((share) => share.limited))}::text::boolean[]
      ) as given (queue, workspace_id, slot, max_tasks, limited)
      where not exists (
        select from scheduler.queue as setting
        where setting.workspace_id = given.workspace_id and setting.name = given.queue
          and (setting.paused or num_nonnulls(setting.concurrency, setting.rate_limit) > 0 and not given.limited)
      )
    ), picked as materialized (
      select ready.place, ready.task_run_id, ready.run_id, ready.workspace_id, run.status as run_status, run.revision as run_revision,
        ready.run_id is not null and run.id is null as busy
      from lane
      cross join lateral (
        select ctid as place, task_run_id, run_id, workspace_id
        from scheduler.ready as ready
        where ready.queue = lane.queue and ready.workspace_id = lane.workspace_id and ready.slot = lane.slot
        order by rank, seq limit lane.max_tasks for update skip locked
      ) as ready
      left join lateral (
        select id, status, revision from scheduler.run where run.id = ready.run_id for update skip locked
      ) as run on true
    ), gone as (
      delete from scheduler.ready where ctid = any(array(select place from picked where not busy))
    ), kept as (
      insert into scheduler.blocked (task_run_id, run_id, workspace_id)
      select task.id, task.run_id, task.workspace_id
      from picked join scheduler.task_run as task on task.id = picked.task_run_id
      where picked.run_status = 'paused' and task.status = 'queued'
      on conflict (task_run_id) do nothing
    ), claimed as (
    update scheduler.task_run as task
    set status = 'running', attempt = attempt + 1, token = coalesce(${token}::text::bigint, currval('scheduler.token')), worker_id = ${session_id},
      started_at = greatest(now(), task.queued_at), finished_at = null, error = null, reason = null, run_at = null
    from picked
    where task.id = picked.task_run_id and task.status = 'queued'
      and not picked.busy and picked.run_status is distinct from 'paused'
    returning task.id, task.run_id, task.idx, task.item, task.workspace_id, task.task, task.type, task.queue, task.slot,
      task.priority, task.max_retries, task.gate_key, task.settings, task.traceparent, task.status, task.reason,
      task.token::text as token, task.attempt, task.lost, task.returned, task.cancel, task.needs_left, task.needs_bad,
      task.payload, picked.run_revision,
      coalesce(extract(epoch from task.queued_at) * 1000, 0)::float8 as queued_ms
    )
    select (select count(*)::int from picked where busy) as busy, claimed.*
    from (values (true)) as one (row)
    left join claimed on true`
  return { tasks: rows.filter((row) => row.id !== null), busy: rows[0]?.busy ?? 0 }
}
