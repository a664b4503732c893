import type { Sql } from "#kernel/database/database.ts"

const max_rows = 5_000

/**
 * Deletes what every reader has behind it; answers whether there may be more. A reader that is a week behind all
 * others, such as that of a group that was given up, is not waited for.
 */
export const cleanOutbox = async (sql: Sql): Promise<boolean> => {
  const [deleted] = await sql<{ count: number }>`
    with waited_for as (
      select min(pg_snapshot_xmin(seen)::text::bigint)::text::xid8 as below
      from reader
      where updated_at > (select max(updated_at) from reader) - interval '7 days'
    ), gone as (
      delete from outbox
      where ctid = any (array(
        select ctid from outbox where xid < (select below from waited_for) order by xid limit ${max_rows}::int
      ))
      returning 1
    )
    select count(*)::int as count from gone`
  return deleted?.count === max_rows
}

/** Forgets what was handled so long ago that nothing sends it again; answers whether there may be more. */
export const cleanInbox = async (sql: Sql, keep_days = 14): Promise<boolean> => {
  const [deleted] = await sql<{ count: number }>`
    with gone as (
      delete from inbox
      where ctid = any (array(
        select ctid from inbox where at < now() - ${keep_days}::int * interval '1 day' order by at limit ${max_rows}::int
      ))
      returning 1
    )
    select count(*)::int as count from gone`
  return deleted?.count === max_rows
}
