import { list, type Sql } from "#kernel/database/database.ts"
import type { ClaimedRow, Holder, Share, Taken } from "./rows.ts"

/** Of what was picked; in the first row, which has nothing else. */
type Told = { readonly busy: number; readonly revisions: Readonly<Record<string, number>> | null }

/**
 * One statement, so that what is taken from the lanes is running or blocked when it is gone from them. A run that is
 * being moved on by somebody else is skipped with its tasks; each has its ready row until the next claim.
 *
 * All rows are named by arrays of what was picked, never joined to it: the planner takes a limit that it doesn't know for a
 * tenth of the lane, and task runs by their status for as few as there were when it counted them last. So of a backlog it
 * would join by walking through all task runs there are.
 */
export const takeReady = async (
  sql: Sql,
  shares: readonly Share[],
  { session_id, token }: Holder,
): Promise<Taken> => {
  if (shares.length === 0) return { tasks: [], busy: 0, revisions: new Map() }
  const [told, ...tasks] = await sql<ClaimedRow & Told>`
    with lane as (
      select given.*
      from unnest(
        ${list(shares.map(({ queue }) => queue))}::text::text[],
        ${list(shares.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(shares.map(({ slot }) => slot))}::text::text[],
        ${list(shares.map(({ max_tasks }) => max_tasks))}::text::int[],
        ${list(shares.map(({ limited }) => limited))}::text::boolean[]
      ) as given (queue, workspace_id, slot, max_tasks, limited)
      where not exists (
        select from scheduler.queue as setting
        where setting.workspace_id = given.workspace_id and setting.name = given.queue
          and (setting.paused or num_nonnulls(setting.concurrency, setting.rate_limit) > 0 and not given.limited)
      )
    ), picked as materialized (
      select ready.place, ready.task_run_id, ready.run_id, run.status as run_status, run.revision as run_revision,
        ready.run_id is not null and run.id is null as busy
      from lane cross join lateral (
        select ctid as place, task_run_id, run_id, workspace_id
        from scheduler.ready as ready
        where ready.queue = lane.queue and ready.workspace_id = lane.workspace_id and ready.slot = lane.slot
        order by rank, seq limit lane.max_tasks for update skip locked
      ) as ready
      left join lateral (
        select id, status, revision from scheduler.run
        where run.workspace_id = ready.workspace_id and run.id = ready.run_id for update skip locked
      ) as run on true
    ), gone as (
      delete from scheduler.ready where ctid = any(array(select place from picked where not busy))
    ), kept as (
      insert into scheduler.blocked (task_run_id, run_id, workspace_id)
      select id, run_id, workspace_id from scheduler.task_run
      where id = any(array(select task_run_id from picked where run_status = 'paused')) and status = 'queued'
      on conflict (task_run_id) do nothing
    ), claimed as (
      update scheduler.task_run
      set status = 'running', attempt = attempt + 1, token = coalesce(${token}::text::bigint, currval('scheduler.token')), worker_id = ${session_id},
        started_at = greatest(now(), queued_at), finished_at = null, error = null, reason = null, run_at = null
      where status = 'queued'
        and id = any(array(select task_run_id from picked where not busy and run_status is distinct from 'paused'))
      returning id, run_id, idx, item, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
        traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad, payload,
        coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    ), told as (
      select count(*) filter (where busy)::int as busy,
        (select json_object_agg(run_id, run_revision) from (
          select distinct run_id, run_revision from picked where run_revision is not null) as locked) as revisions
      from picked
    )
    select told.*, claimed.* from told left join claimed on false
    union all select null, null, claimed.* from claimed`
  return { tasks, busy: told?.busy ?? 0, revisions: new Map(Object.entries(told?.revisions ?? {})) }
}
