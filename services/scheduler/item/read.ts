import { list, type Sql } from "#kernel/database/database.ts"
import { taskRunId } from "#language/run-id.ts"
import type { EarlierItem, Output, Places, TaskRow } from "../step/rows.ts"

export const readOutputs = async (sql: Sql, ids: readonly string[]): Promise<readonly Output[]> => {
  if (ids.length === 0) return []
  return sql<Output>`
    select id, status, outputs from scheduler.task_run where id = any(${list(ids)}::text::uuid[])`
}

type Measured = Output & { readonly is_too_large: boolean }

/** What is too much isn't sent. */
export const readOutputsAt = async (
  sql: Sql,
  { run_id, first, count }: Places,
  max_bytes: number,
): Promise<readonly Output[] | undefined> => {
  if (count === 0) return []
  const rows = await sql<Measured>`
    with found as materialized (
      select id, status, outputs,
        coalesce(sum(octet_length(outputs::text)) over (), 0) > ${max_bytes}::int as is_too_large
      from scheduler.task_run
      where id between ${taskRunId(run_id, first)}::text::uuid and ${taskRunId(run_id, first + count - 1)}::text::uuid
    )
    select id, status, case when not is_too_large then outputs end as outputs, is_too_large
    from found order by id`
  return rows.some((row) => row.is_too_large) ? undefined : rows
}

/** Of the run whose task this one takes over, or of that which it took them over from itself. */
export const readEarlierItems = (sql: Sql, { id, task }: Pick<TaskRow, "id" | "task">) =>
  sql<EarlierItem>`
    with earlier as materialized (
      select before.run_id
      from scheduler.task_run as own join scheduler.task_run as before on before.id = own.reused_from
      where own.id = ${id}::text::uuid
    )
    select found.id, found.item, found.payload, found.outputs
    from earlier
    join scheduler.task_run as found
      on found.id > earlier.run_id and found.id <= (left(earlier.run_id::text, -5) || 'fffff')::uuid
    where found.item is not null and found.status = 'completed' and starts_with(found.task, ${`${task}[`}::text)
    order by found.id`
