import { json, list, type Sql } from "#kernel/database/database.ts"
import { outboxText } from "#kernel/outbox/emit.ts"
import { nudge } from "#kernel/outbox/nudge.ts"
import { eventRows } from "../run/record.ts"
import { wakeUps } from "../task/ready.ts"
import type { Untold } from "./hold.ts"
import type { Ended, Step } from "./step.ts"

/** Whether this step has anything of what every report has. */
export const hasReport = ({ decided, runs }: Step): boolean =>
  [decided.ended, decided.claimed, decided.released, decided.admitted, decided.emissions].some(
    (some) => some.length > 0,
  ) || runs.size > 0

type Way = { readonly untold: Untold | undefined; readonly last: Sql["last"] }

/**
 * What every report has, in one statement: what completed, what was handed over, claims, runs, what is told of them, and
 * the outbox. It is sent last: the outbox's ids are drawn after all locks. What it has to hold it holds before anything
 * else in it, which is what `(select count(*) from held)` is for. A claim's row goes with the last of its attempts; it is
 * locked first, since another report may count down the same one. The guards by token and state are what makes a late
 * result harmless, whatever was decided about it.
 */
export const saveReport = async (sql: Sql, step: Step, { untold, last }: Way): Promise<void> => {
  const { hold, holder, done, handed, claims, closed, runs, told, outbox, jobs } = listsOf(step, untold)
  const saved = last<{ token: string | null }>`
    with held as materialized (
      select scheduler.hold(session_id, ids, revisions) as token
      from (values (${hold.session_id}::text::uuid, ${hold.ids}::text::uuid[], ${hold.revisions}::text::int[]))
        as given (session_id, ids, revisions) where session_id is not null
    ), completed as (
      update scheduler.task_run as task
      set status = 'completed', outputs = given.outputs::json, usage = given.usage::json,
        log_chunks = given.log_chunks, finished_at = now()
      from unnest(${done.ids}::text::uuid[], ${done.tokens}::text::bigint[], ${done.outputs}::text::text[],
        ${done.usages}::text::text[], ${done.log_chunks}::text::int[]) as given (id, token, outputs, usage, log_chunks)
      where task.id = given.id and task.token = given.token and status = 'running' and (select count(*) from held) >= 0
      returning 1
    ), handed as (
      update scheduler.task_run
      set status = 'running', needs_left = 0, attempt = attempt + 1, worker_id = ${holder.session_id},
        token = coalesce(${holder.token}::text::bigint, currval('scheduler.token')), queued_at = now(),
        started_at = now(), finished_at = null, error = null, reason = null, run_at = null
      where id = any(${handed}::text::uuid[]) and status in ('pending', 'queued') and (select count(*) from held) >= 0
    ), claimed as (
      insert into scheduler.claim (token, session_id, ids, open)
      select coalesce(${holder.token}::text::bigint, currval('scheduler.token')), ${holder.session_id}::text::uuid, ids,
        cardinality(ids) from (values (${claims}::text::uuid[])) as given (ids) where ids <> '{}' and (select count(*) from held) >= 0
    ), closed as materialized (
      select claim.token, claim.open - given.done as left_open
      from unnest(${closed.tokens}::text::bigint[], ${closed.counts}::text::int[]) as given (token, done)
      join scheduler.claim as claim on claim.token = given.token
      where (select count(*) from held) >= 0 order by claim.token for update of claim
    ), gone as (
      delete from scheduler.claim as claim using closed where claim.token = closed.token and closed.left_open <= 0
    ), counted as (
      update scheduler.claim set open = left_open from closed where claim.token = closed.token and left_open > 0
    ), moved as (
      update scheduler.run as run
      set status = given.status, reason = given.reason, open = given.open, bad = given.bad, seq = given.seq,
        revision = given.revision, finished_at = case when given.finished then now() else run.finished_at end,
        started_at = coalesce(run.started_at, case when given.status = 'running' then now() end)
      from unnest(${runs.ids}::text::uuid[], ${runs.statuses}::text::text[], ${runs.reasons}::text::text[],
        ${runs.open}::text::int[], ${runs.bad}::text::int[], ${runs.seqs}::text::int[],
        ${runs.revisions}::text::int[], ${runs.finished}::text::boolean[])
        as given (id, status, reason, open, bad, seq, revision, finished)
      where run.id = given.id and (select count(*) from held) >= 0
    ), told as (
      insert into scheduler.run_event (run_id, seq, at, events)
      select run_id, seq, ${step.now}, events::json
      from unnest(${told.run_ids}::text::uuid[], ${told.seqs}::text::int[], string_to_array(${told.events}::text, E'\n'))
        as given (run_id, seq, events) where (select count(*) from held) >= 0
    ), published as (
      insert into scheduler.outbox (topic, events, ids)
      select topic, events::json, null::uuid[]
      from unnest(${outbox.topics}::text::text[], string_to_array(${outbox.events}::text, E'\n')) as given (topic, events)
      where (select count(*) from held) >= 0 union all
      select 'job.completed', null, ids from (values (${jobs}::text::uuid[])) as given (ids) where ids <> '{}'
    )
    select (select token::text from held) as token, scheduler.expect((select count(*) from completed), ${done.expected}::int)`
  untold?.tell(saved.then(([row]) => row?.token ?? ""))
  nudgeAfter(sql, step)
}

const nudgeAfter = (sql: Sql, { decided }: Step): void => {
  const topics = new Set<string>(decided.emissions.map(({ type }) => type))
  if (decided.released.length + decided.admitted.length > 0) topics.add("task.scheduled")
  if (decided.completed_jobs.length > 0) topics.add("job.completed")
  if (topics.size > 0) sql.afterCommit(() => nudge(sql.schema, [...topics]))
}

const listsOf = (step: Step, untold: Untold | undefined) => {
  const { decided, holder } = step
  const held = untold?.held.runs ?? []
  return {
    hold: {
      session_id: untold?.held.session_id ?? null,
      ids: list(held.map(({ id }) => id)),
      revisions: list(held.map(({ revision }) => revision)),
    },
    holder: { session_id: holder?.session_id ?? null, token: holder?.token ?? null },
    done: completedLists(step),
    handed: list(decided.handed.map(({ id }) => id)),
    claims: list(decided.claimed.map(({ id }) => id)),
    closed: closedClaims(decided.ended),
    runs: runLists(step),
    told: eventRows(decided.events),
    outbox: outboxText([...wakeUps([...decided.released, ...decided.admitted]), ...decided.emissions]),
    jobs: list(decided.completed_jobs),
  }
}

const byTask = (one: Ended, other: Ended): number => (one.task.id < other.task.id ? -1 : 1)

const completedLists = ({ decided: { ended }, is_guessed }: Step) => {
  // In one order, since two reports may come to the same jobs without having locked them.
  const done = ended.filter(({ task }) => task.status === "completed").sort(byTask)
  return {
    expected: is_guessed ? done.length : null,
    ids: list(done.map(({ task }) => task.id)),
    tokens: list(done.map(({ token }) => token)),
    outputs: list(done.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null))),
    usages: list(done.map(({ settlement }) => (settlement.usage ? json(settlement.usage) : null))),
    log_chunks: list(done.map(({ settlement }) => settlement.log_chunks ?? 0)),
  }
}

const runLists = (step: Step) => {
  const runs = [...step.runs.values()]
  const finished = new Set(step.decided.finished)
  return {
    ids: list(runs.map((run) => run.id)),
    statuses: list(runs.map((run) => run.status)),
    reasons: list(runs.map((run) => run.reason)),
    open: list(runs.map((run) => run.open)),
    bad: list(runs.map((run) => run.bad)),
    seqs: list(runs.map((run) => run.seq)),
    revisions: list(runs.map((run) => run.revision)),
    finished: list(runs.map((run) => finished.has(run))),
  }
}

const closedClaims = (ended: readonly Ended[]) => {
  const counts = new Map<string, number>()
  for (const { token } of ended) counts.set(token, (counts.get(token) ?? 0) + 1)
  const tokens = [...counts.keys()].sort()
  return { tokens: list(tokens), counts: list(tokens.map((token) => counts.get(token) ?? 0)) }
}
