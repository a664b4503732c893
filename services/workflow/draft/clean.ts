import type { Database } from "#kernel/database/database.ts"

const max_removed = 100

/**
 * What was put together step by step is kept as long as the history of schedules, from its start or, if it was never
 * started, its making. Ids sort by time of creation, so the oldest are looked at first.
 */
export const cleanDrafts = (database: Database, keep_days: number) => async (): Promise<boolean> => {
  const removed = await database.run(
    (sql) => sql`
      with old as (
        select id from workflow.draft
        where coalesce(started_at, created_at) < now() - ${keep_days}::float8 * interval '1 day'
        order by id
        limit ${max_removed}::int
        for update skip locked
      ), task as (
        select draft_task.id from workflow.draft_task join old on old.id = draft_task.draft_id
      ), dependencies as (
        delete from workflow.draft_dependency where task_id in (select id from task)
      ), tasks as (
        delete from workflow.draft_task where id in (select id from task)
      )
      delete from workflow.draft where id in (select id from old)
      returning 1`,
  )
  return removed.length === max_removed
}
