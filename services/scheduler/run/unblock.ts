import type { Sql } from "#kernel/database/database.ts"
import type { Lane } from "../lane/lanes.ts"

/** Into their lanes, as old as they are, and those of the same age in the order of their run. What has ended meanwhile is dropped by the claim that comes to it. */
export const unblockRun = (sql: Sql, run_id: string): Promise<readonly Lane[]> =>
  sql<Lane>`
    with freed as (
      delete from scheduler.blocked where run_id = ${run_id}::text::uuid returning task_run_id
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select task.id, task.run_id, task.workspace_id, task.queue, task.slot,
      floor(extract(epoch from task.queued_at) * 1000)::bigint - 60000 * task.priority
    from freed join scheduler.task_run as task on task.id = freed.task_run_id
    where task.status = 'queued'
    order by task.id
    returning queue, workspace_id, slot`
