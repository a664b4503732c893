import { list, type Sql } from "#kernel/database/database.ts"
import { outboxText } from "#kernel/outbox/emit.ts"
import { nudge } from "#kernel/outbox/nudge.ts"
import { eventRows } from "../run/record.ts"
import { wakeUps } from "../task/ready.ts"
import type { Step } from "./step.ts"

/** Runs, what is told of them, and the outbox, in one statement. It is sent last: its ids are drawn after all locks. */
export const saveStory = async (sql: Sql, step: Step): Promise<void> => {
  const { decided } = step
  const runs = [...step.runs.values()]
  const facts = [...wakeUps([...decided.released, ...decided.admitted]), ...decided.emissions]
  const jobs = decided.completed_jobs
  if (runs.length + facts.length + jobs.length === 0) return
  const finished = new Set(decided.finished)
  const told = eventRows(decided.events)
  const outbox = outboxText(facts)
  await sql`
    with moved as (
      update scheduler.run as run
      set status = given.status, reason = given.reason, open = given.open, bad = given.bad, seq = given.seq, revision = given.revision,
        started_at = coalesce(run.started_at, case when given.status = 'running' then now() end),
        finished_at = case when given.finished then now() else run.finished_at end
      from unnest(
        ${list(runs.map((run) => run.id))}::text::uuid[], ${list(runs.map((run) => run.status))}::text::text[],
        ${list(runs.map((run) => run.reason))}::text::text[], ${list(runs.map((run) => run.open))}::text::int[],
        ${list(runs.map((run) => run.bad))}::text::int[], ${list(runs.map((run) => run.seq))}::text::int[],
        ${list(runs.map((run) => run.revision))}::text::int[], ${list(runs.map((run) => finished.has(run)))}::text::boolean[]
      ) as given (id, status, reason, open, bad, seq, revision, finished)
      where run.id = given.id
    ), told as (
      insert into scheduler.run_event (run_id, seq, at, events)
      select run_id, seq, ${step.now}, events::json
      from unnest(${told.run_ids}::text::uuid[], ${told.seqs}::text::int[], ${told.events}::text::text[])
        as given (run_id, seq, events)
    ), done as (
      insert into scheduler.outbox (topic, ids)
      select 'job.completed', ids from (values (${list(jobs)}::text::uuid[])) as given (ids) where ids <> '{}'
    )
    insert into scheduler.outbox (topic, events)
    select topic, events::json
    from unnest(${outbox.topics}::text::text[], ${outbox.events}::text::text[]) as given (topic, events)`
  const topics = new Set<string>(facts.map(({ type }) => type))
  if (jobs.length > 0) topics.add("job.completed")
  sql.afterCommit(() => nudge(sql.schema, [...topics]))
}
