import { list, type Sql } from "#kernel/database/database.ts"
import { lastTaskRunId } from "#language/run-id.ts"

const max_rows = 1_000

/** Keys of results that are too old to be taken over, or never came to be. */
export const removeOldKeys = async (sql: Sql): Promise<boolean> => {
  const removed = await sql`
    delete from scheduler.cache_key where ctid = any(array(
      select kept.ctid
      from scheduler.cache_key as kept join scheduler.task_run as task on task.id = kept.task_run_id
      where kept.keep_until < now()
        and task.finished_at < case when task.status = 'completed' then now() - kept.ttl_ms * interval '1 millisecond'
          else now() end
      order by kept.keep_until
      limit ${max_rows}::int
    ))
    returning 1`
  return removed.length === max_rows
}

/** With the runs whose tasks have written the results. */
export const removeKeysOf = (sql: Sql, run_ids: readonly string[]) =>
  sql`
    delete from scheduler.cache_key
    using unnest(
      ${list(run_ids)}::text::uuid[], ${list(run_ids.map(lastTaskRunId))}::text::uuid[]
    ) as given (first_id, last_id)
    where task_run_id > given.first_id and task_run_id <= given.last_id`
