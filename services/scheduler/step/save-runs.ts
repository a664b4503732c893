import { list, type Sql } from "#kernel/database/database.ts"
import type { Step } from "./step.ts"

export const saveRuns = async (sql: Sql, { runs: known, decided }: Step): Promise<void> => {
  if (known.size === 0) return
  const runs = [...known.values()]
  const finished = new Set(decided.finished)
  await sql`
    update scheduler.run as run
    set status = given.status,
      started_at = coalesce(run.started_at, case when given.status = 'running' then now() end), reason = given.reason, open = given.open, bad = given.bad, seq = given.seq,
      finished_at = case when given.finished then now() else run.finished_at end
    from unnest(
      ${list(runs.map((run) => run.id))}::text::uuid[],
      ${list(runs.map((run) => run.status))}::text::text[],
      ${list(runs.map((run) => run.reason))}::text::text[],
      ${list(runs.map((run) => run.open))}::text::int[],
      ${list(runs.map((run) => run.bad))}::text::int[],
      ${list(runs.map((run) => run.seq))}::text::int[],
      ${list(runs.map((run) => finished.has(run)))}::text::boolean[]
    ) as given (id, status, reason, open, bad, seq, finished)
    where run.id = given.id`
}
