import { list, type Sql } from "#kernel/database/database.ts"
import { runMoves } from "../run/moves.ts"
import type { RunEnd } from "../step/rows.ts"

export const readEnds = (sql: Sql, run_ids: readonly string[]) =>
  sql<RunEnd>`
    select id, workflow, version, status, reason, outputs
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[]) and status = any(${list(runMoves.terminal)}::text::text[])`
