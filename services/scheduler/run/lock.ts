import { list, type Sql } from "#kernel/database/database.ts"
import type { Counter } from "#kernel/telemetry/metrics.ts"
import { runOutcome } from "#language/decide.ts"
import type { Facts } from "../task/facts.ts"
import { type RunStatus, runMoves } from "./moves.ts"

/** A run, locked; its counters are moved on in memory and written once, by `closeRuns`. */
export type LockedRun = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan_id: string
  readonly started_at: string | null
  readonly traceparent: string | null
  status: RunStatus
  reason: string | null
  open: number
  bad: number
  seq: number
  finished: boolean
}

/** Always in the order of their ids, so that no two transactions wait for each other. */
export const lockRuns = async (sql: Sql, run_ids: readonly string[]): Promise<Map<string, LockedRun>> => {
  const rows = await sql<LockedRun>`
    select id, workspace_id, workflow, version, plan_id, status, reason, open, bad, seq, traceparent, false as finished,
      to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[])
    order by id
    for update`
  return new Map(rows.map((row) => [row.id, { ...row }]))
}

/** Counts the runs that this transaction ended, once it is certain that it did. */
export const countEnded = (ended: Counter, sql: Sql, runs: Iterable<LockedRun>): void => {
  for (const { finished, status } of runs) {
    if (finished) sql.afterCommit(() => ended.add({ status }))
  }
}

/** Ends those that have nothing open any more, in memory. */
export const endRuns = (runs: Iterable<LockedRun>, facts: Facts): void => {
  for (const run of runs) {
    if (run.open > 0 || !runMoves.open.includes(run.status)) continue
    const cancelled = run.reason === "cancelled"
    const timed_out = run.reason === "timeout"
    const outcome = runOutcome({ cancelled, timed_out, failures: run.bad })
    run.status = outcome.status
    run.reason = outcome.reason ?? run.reason
    run.finished = true
    facts.runEnded(run)
  }
}

export const writeRuns = (sql: Sql, runs: readonly LockedRun[]) =>
  sql`
    update scheduler.run as run
    set status = given.status, reason = given.reason, open = given.open, bad = given.bad, seq = given.seq,
      finished_at = case when given.finished then now() else run.finished_at end
    from unnest(
      ${list(runs.map((run) => run.id))}::text::uuid[],
      ${list(runs.map((run) => run.status))}::text::text[],
      ${list(runs.map((run) => run.reason))}::text::text[],
      ${list(runs.map((run) => run.open))}::text::int[],
      ${list(runs.map((run) => run.bad))}::text::int[],
      ${list(runs.map((run) => run.seq))}::text::int[],
      ${list(runs.map((run) => run.finished))}::text::boolean[]
    ) as given (id, status, reason, open, bad, seq, finished)
    where run.id = given.id`
