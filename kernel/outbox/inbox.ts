import { list, type Sql } from "#kernel/database/database.ts"

/** Notes the events as handled by this consumer; answers the ids of those that weren't yet. */
export const takeNew = async (
  sql: Sql,
  consumer: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set()
  // In the order of the ids, so that two that take the same ones can't wait for each other.
  const rows = await sql<{ event_id: string }>`
    insert into inbox (consumer, event_id)
    select ${consumer}, id from (select distinct unnest(${list(ids)}::text::uuid[]) as id order by 1) as given
    on conflict do nothing
    returning event_id`
  return new Set(rows.map((row) => row.event_id))
}
