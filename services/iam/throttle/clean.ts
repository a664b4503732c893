import type { Database, Sql } from "#kernel/database/database.ts"

const max_counters = 1_000

/** Removes counters that say nothing any more: the longest memory there is, is some thirty invitations' of an hour each. */
export const cleanThrottle = (database: Database) => async (): Promise<boolean> => {
  const gone = await database.run(deleteOld)
  return gone.length === max_counters
}

const deleteOld = (sql: Sql) =>
  sql`
    delete from iam.throttle
    where key = any(array(
      select key from iam.throttle where at < now() - interval '2 days' order by at limit ${max_counters}::int
      for update skip locked
    ))
    returning key`
