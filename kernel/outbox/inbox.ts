import { list, type Sql } from "#kernel/database/database.ts"

/** Notes the events as handled by this consumer; answers the ids of those that weren't yet. */
export const takeNew = async (
  sql: Sql,
  consumer: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set()
  // In the order of the ids, so that two that take the same ones can't wait for each other.
  const rows = await sql.statement<{ event_id: string }>(
    `insert into "${sql.schema}".inbox (consumer, event_id)
     select $1, id from (select distinct unnest($2::text::uuid[]) as id order by 1) as given
     on conflict do nothing
     returning event_id`,
    [consumer, list(ids)],
  )
  return new Set(rows.map((row) => row.event_id))
}
