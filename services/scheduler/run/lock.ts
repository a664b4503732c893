import { list, type Sql } from "#kernel/database/database.ts"
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
    select id, workspace_id, workflow, version, plan_id, status, reason, open, bad, seq, false as finished,
      to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[])
    order by id
    for update`
  return new Map(rows.map((row) => [row.id, { ...row }]))
}

/** A run with nothing open has ended: cancelled if that was asked, failed if a failure was left unhandled. */
const endOf = (run: LockedRun): RunStatus => {
  if (run.reason === "cancelled") return "cancelled"
  return run.bad > 0 ? "failed" : "completed"
}

export const closeRuns = async (sql: Sql, runs: ReadonlyMap<string, LockedRun>, facts: Facts): Promise<void> => {
  for (const run of runs.values()) {
    const ends = run.open === 0 && runMoves.open.includes(run.status)
    if (!ends) continue
    run.status = endOf(run)
    run.finished = true
    if (run.status === "failed") run.reason ??= "task.failed"
    facts.runEnded(run)
  }
  await writeRuns(sql, [...runs.values()])
}

const writeRuns = (sql: Sql, runs: readonly LockedRun[]) =>
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
