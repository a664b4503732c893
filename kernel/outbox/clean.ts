import type { Sql } from "#kernel/database/database.ts"

const max_rows = 5_000

/**
 * Deletes what every reader has behind it; answers whether there may be more. A reader that is a week behind all
 * others, such as that of a group that was given up, is not waited for.
 */
export const cleanOutbox = async (sql: Sql): Promise<boolean> => {
  const [deleted] = await sql.statement<{ count: number }>(
    `with waited_for as (
       select min(pg_snapshot_xmin(seen)) as below
       from "${sql.schema}".reader
       where updated_at > (select max(updated_at) from "${sql.schema}".reader) - interval '7 days'
     ), gone as (
       delete from "${sql.schema}".outbox
       where ctid = any (array(
         select ctid from "${sql.schema}".outbox
         where xid < (select below from waited_for) order by xid limit $1::int
       ))
       returning 1
     )
     select count(*)::int as count from gone`,
    [max_rows],
  )
  return deleted?.count === max_rows
}

/** Forgets what was handled so long ago that nothing sends it again; answers whether there may be more. */
export const cleanInbox = async (sql: Sql, keep_days = 14): Promise<boolean> => {
  const [deleted] = await sql.statement<{ count: number }>(
    `with gone as (
       delete from "${sql.schema}".inbox
       where ctid = any (array(
         select ctid from "${sql.schema}".inbox
         where at < now() - $1::int * interval '1 day' order by at limit $2::int
       ))
       returning 1
     )
     select count(*)::int as count from gone`,
    [keep_days, max_rows],
  )
  return deleted?.count === max_rows
}
