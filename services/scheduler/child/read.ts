import { list, type Sql } from "#kernel/database/database.ts"
import { limits } from "#language/limits.ts"
import { runMoves } from "../run/moves.ts"
import type { RunEnd, Whole } from "../step/rows.ts"

export const readEnds = (sql: Sql, run_ids: readonly string[]) =>
  sql<RunEnd>`
    select id, workflow, version, status, reason, outputs
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[]) and status = any(${list(runMoves.terminal)}::text::text[])`

/** What a run is a part of may be a part itself; of runs that are removed nothing is known any more. */
export const readWholes = (sql: Sql, run_ids: readonly string[]) =>
  sql<Whole>`
    with recursive above as (
      select run_id as id, parent_run_id, 1 as steps from scheduler.child
      where run_id = any(${list(run_ids)}::text::uuid[])
      union all
      select above.id, child.parent_run_id, steps + 1
      from above join scheduler.child on child.run_id = above.parent_run_id
      where steps < ${limits.max_workflow_depth}::int
    )
    select distinct on (above.id) above.id, parent_run_id as whole_run_id,
      coalesce(whole.trigger = 'rerun', false) as of_rerun
    from above left join scheduler.run as whole on whole.id = above.parent_run_id
    order by above.id, steps desc`
