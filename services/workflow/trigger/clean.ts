import type { Database } from "#kernel/database/database.ts"

const max_removed = 5_000

/** What began runs at the ends of others is kept as long as the history of schedules, for the sake of the runs' depths. */
export const cleanTriggered = (database: Database, keep_days: number) => async (): Promise<boolean> => {
  const removed = await database.run(
    (sql) => sql`
        delete from workflow.triggered where ctid = any(array(
          select ctid from workflow.triggered
          where created_at < now() - ${keep_days}::float8 * interval '1 day' and look_at is null
          order by created_at
          limit ${max_removed}::int
        ))
        returning trigger_id`,
  )
  return removed.length === max_removed
}

export const cleanDeliveries = (database: Database, keep_days: number) => async (): Promise<boolean> => {
  const removed = await database.run(
    (sql) => sql`
        delete from workflow.delivery where ctid = any(array(
          select ctid from workflow.delivery
          where at < now() - ${keep_days}::float8 * interval '1 day'
          order by at
          limit ${max_removed}::int
        ))
        returning id`,
  )
  return removed.length === max_removed
}
