import { json, list, type Sql } from "#kernel/database/database.ts"
import type { TaskRow } from "../step/rows.ts"
import type { Ended } from "../step/step.ts"

/** A task that goes to a worker, and the key under which its result may be taken over. */
export type Keyed = { readonly task: TaskRow; readonly hash: string; readonly ttl_ms: number }

export const insertKeys = async (sql: Sql, keyed: readonly Keyed[]): Promise<void> => {
  if (keyed.length === 0) return
  await sql`
    insert into scheduler.cache_key (task_run_id, workspace_id, hash, ttl_ms, keep_until)
    select task_run_id, workspace_id, hash, ttl_ms, now() + ttl_ms * interval '1 millisecond'
    from unnest(
      ${list(keyed.map(({ task }) => task.id))}::text::uuid[],
      ${list(keyed.map(({ task }) => task.workspace_id))}::text::uuid[],
      ${list(keyed.map(({ hash }) => hash))}::text::text[],
      ${list(keyed.map(({ ttl_ms }) => ttl_ms))}::text::float8[]
    ) as given (task_run_id, workspace_id, hash, ttl_ms)
    on conflict (task_run_id) do nothing`
}

/** Completed by what another task run has written. */
export const saveTakenOver = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  if (ended.length === 0) return
  await sql`
    update scheduler.task_run as task
    set status = 'completed', reason = 'cached', needs_left = 0, outputs = given.outputs::json,
      reused_from = given.reused_from, started_at = now(), finished_at = now()
    from unnest(
      ${list(ended.map(({ task }) => task.id))}::text::uuid[],
      ${list(ended.map(({ reused_from }) => reused_from ?? null))}::text::uuid[],
      ${list(ended.map(({ settlement }) => json(settlement.outputs ?? {})))}::text::text[]
    ) as given (id, reused_from, outputs)
    where task.id = given.id and task.status <> 'running'`
}
