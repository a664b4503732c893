import { list, type Sql } from "#kernel/database/database.ts"
import type { Gate } from "../step/rows.ts"

/** In the order of their ids, in which they are locked. */
export const findMembers = async (sql: Sql, gates: readonly Gate[]): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    with given as (
      select * from unnest(
        ${list(gates.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(gates.map(({ key }) => key))}::text::text[]
      ) as given (workspace_id, gate_key)
    )
    select id from scheduler.holder join given using (workspace_id, gate_key)
    union
    select task_run_id from scheduler.blocked join given using (workspace_id, gate_key)
    order by id`
  return rows.map(({ id }) => id)
}
