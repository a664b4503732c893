import { list, type Sql } from "#kernel/database/database.ts"
import type { Holder, TaskRow } from "./rows.ts"
import type { Ended } from "./step.ts"

export const insertClaim = async (
  sql: Sql,
  claimed: readonly TaskRow[],
  holder: Holder | undefined,
): Promise<void> => {
  if (claimed.length === 0 || !holder) return
  await sql`
    insert into scheduler.claim (token, session_id, ids, open)
    values (
      ${holder.token}::text::bigint, ${holder.session_id}::text::uuid,
      ${list(claimed.map((task) => task.id))}::text::uuid[], ${claimed.length}::int
    )`
}

/** A claim's row goes with the last of its attempts. */
export const closeClaims = async (sql: Sql, ended: readonly Ended[]): Promise<void> => {
  if (ended.length === 0) return
  const counts = new Map<string, number>()
  for (const { token } of ended) counts.set(token, (counts.get(token) ?? 0) + 1)
  const tokens = [...counts.keys()].sort()
  await sql`
    with given as (
      select * from unnest(
        ${list(tokens)}::text::bigint[],
        ${list(tokens.map((token) => counts.get(token) ?? 0))}::text::int[]
      ) as given (token, done)
    ), gone as (
      delete from scheduler.claim as claim using given
      where claim.token = given.token and claim.open <= given.done
    )
    update scheduler.claim as claim set open = claim.open - given.done
    from given where claim.token = given.token and claim.open > given.done`
}
