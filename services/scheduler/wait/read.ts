import { list, type Sql } from "#kernel/database/database.ts"
import type { Signal, Waited } from "./waits.ts"

export const readWaits = (sql: Sql, ids: readonly string[]) =>
  sql<{ id: string; wait: Waited }>`
    select id, wait from scheduler.task_run where id = any(${list(ids)}::text::uuid[]) and wait is not null`

/** Kept signals of runs that are locked. */
export const readSignals = (sql: Sql, wanted: readonly Omit<Signal, "data">[]) =>
  sql<Signal>`
    select run_id, name, data
    from unnest(
      ${list(wanted.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(wanted.map(({ name }) => name))}::text::text[]
    ) as given (run_id, name)
    join scheduler.signal using (run_id, name)`
