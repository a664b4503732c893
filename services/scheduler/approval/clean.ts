import type { Sql } from "#kernel/database/database.ts"

/** Those that have been decided, or cancelled, are in nobody's way: lists pass them over. A task waits once. */
export const removeDecided = (sql: Sql, max_rows: number) =>
  sql`
    delete from scheduler.approval where ctid = any(array(
      select approval.ctid
      from scheduler.approval left join scheduler.task_run as task on task.id = approval.task_run_id
      where task.status is distinct from 'waiting'
      limit ${max_rows}::int for update of approval skip locked
    )) returning 1`
