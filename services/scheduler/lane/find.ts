import type { Sql } from "#kernel/database/database.ts"
import type { NotedLane } from "./lanes.ts"

const max_lanes = 5_000

/** Every lane that holds work, and what is first in it: one look at the index for each of them, however much it holds. */
export const findLanes = (sql: Sql): Promise<readonly NotedLane[]> =>
  sql<NotedLane>`
    with recursive lane as (
      (
        select queue, workspace_id, slot, rank from scheduler.ready order by queue, workspace_id, slot, rank limit 1
      )
      union all
      select next.queue, next.workspace_id, next.slot, next.rank
      from lane
      cross join lateral (
        select queue, workspace_id, slot, rank
        from scheduler.ready
        where (ready.queue, ready.workspace_id, ready.slot) > (lane.queue, lane.workspace_id, lane.slot)
        order by queue, workspace_id, slot, rank
        limit 1
      ) as next
    )
    select queue, workspace_id, slot, rank::float8 as rank from lane limit ${max_lanes}::int`
