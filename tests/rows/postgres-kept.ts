import type { Database } from "#kernel/database/database.ts"
import type { KnownFact } from "#services/scheduler/memory/changes.ts"
import { epoch_ms } from "#services/scheduler/memory/tables.ts"
import { eventsIn, type Kept, plain } from "./ground.ts"

/** One statement: all of one moment. */
export const keptIn = async (database: Database): Promise<Kept> => {
  const [row] = await database.run(
    (sql) => sql<Kept>`
      select
        (select coalesce(json_agg(row_to_json(own) order by id), '[]') from (
          select id, workspace_id, workflow, version, plan_id, inputs, trigger, rerun_of, status, reason, revision, open,
            bad, seq, gate_key, outputs
          from scheduler.run) as own) as runs,
        (select coalesce(json_agg(row_to_json(own) order by id), '[]') from (
          select id, run_id, idx, item, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
            payload, status, reason, token::text as token, attempt, lost, returned, cancel, outputs, wait, needs_left,
            needs_bad, reused_from,
            coalesce(extract(epoch from queued_at) * 1000 - ${epoch_ms}::bigint, 0)::float8 as queued_ms
          from scheduler.task_run) as own) as tasks,
        (select coalesce(json_agg(json_build_object('task_run_id', task_run_id, 'run_id', run_id, 'workspace_id',
            workspace_id, 'queue', queue, 'slot', slot, 'rank', rank - ${epoch_ms}::bigint) order by seq), '[]')
          from scheduler.ready) as ready,
        (select coalesce(json_agg(json_build_object('task_run_id', task_run_id, 'run_id', run_id) order by task_run_id), '[]')
          from scheduler.blocked) as blocked,
        (select coalesce(json_agg(json_build_object('kind', kind, 'task_run_id', task_run_id, 'run_id', run_id, 'due_ms',
            case when isfinite(due_at) then (extract(epoch from due_at) * 1000 - ${epoch_ms}::bigint)::float8 end)), '[]')
          from scheduler.timer) as timers,
        (select coalesce(json_agg(json_build_object('token', token::text, 'session_id', session_id, 'ids',
            (select array_agg(id order by id) from unnest(ids) as id), 'open', open, 'claimed_ms',
            (extract(epoch from claimed_at) * 1000 - ${epoch_ms}::bigint)::float8) order by token), '[]')
          from scheduler.claim) as claims,
        (select coalesce(json_agg(json_build_object('key', run_id || ' ' || name, 'data', data) order by run_id || ' ' || name collate "C"), '[]')
          from scheduler.signal) as signals,
        (select coalesce(json_agg(json_build_object('run_id', run_id, 'task_run_id', task_run_id, 'parent_run_id',
            parent_run_id) order by run_id), '[]')
          from scheduler.child) as children,
        (select coalesce(json_agg(json_build_object('id', task_run_id, 'key', hash) order by task_run_id), '[]')
          from scheduler.cache_key) as cache_keys,
        (select coalesce(json_agg(json_build_object('id', id, 'job_id', job_id, 'workspace_id', workspace_id, 'resolved',
            resolved_at is not null) order by id), '[]')
          from scheduler.dead_letter) as dead_letters,
        (select coalesce(json_agg(json_build_object('run_id', run_id, 'events', events) order by run_id, seq), '[]')
          from scheduler.run_event) as events`,
  )
  if (!row) throw new Error("a select of lists has a row")
  return plain({ ...row, timers: inOrder(row.timers ?? []), events: eventsIn(eventsOf(row.events ?? [])) })
}

type Row = Readonly<Record<string, unknown>>

const inOrder = (timers: readonly Row[]) =>
  timers
    .map(({ due_ms, kind, task_run_id, run_id }) => ({ due_ms, kind, task_run_id, run_id }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))

const eventsOf = (rows: readonly Row[]) =>
  rows.flatMap(({ run_id, events }) =>
    (events as readonly KnownFact[]).map((event) => ({ ...event, run_id: String(run_id) })),
  )
