import type { Sql } from "#kernel/database/database.ts"

/** How far a reader is behind: events' rows that wait for it (at most 10,000 are counted), and the age of the oldest. */
type Lag = { readonly reader: string; readonly waiting: number; readonly oldest_s: number }

export const outboxLag = (sql: Sql): Promise<readonly Lag[]> =>
  sql.statement<Lag>(
    `select reader.name as reader, left_over.waiting, left_over.oldest_s
     from "${sql.schema}".reader
     cross join lateral (
       select count(*)::int as waiting,
         coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 as oldest_s
       from (
         select at from "${sql.schema}".outbox
         where xid >= pg_snapshot_xmin(seen) and not pg_visible_in_snapshot(xid, seen)
           and (target is null or id > after_id or not pg_visible_in_snapshot(xid, target))
         order by xid limit 10000
       ) as unread
     ) as left_over
     order by reader.name`,
    [],
  )
