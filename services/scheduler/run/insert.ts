import { json, lines, list, listUnlessEmpty, type Sql } from "#kernel/database/database.ts"
import { emitRows } from "#kernel/outbox/emit.ts"
import { defaults } from "#language/plan.ts"
import { place_digits } from "#language/run-id.ts"
import { factRows } from "../fact/bare.ts"
import type { Plans } from "../plan/plans.ts"
import type { Holder, TaskRow } from "../step/rows.ts"
import { insertExpiries } from "../step/save-waiting.ts"
import type { Step } from "../step/step.ts"
import { saveWaits } from "../wait/save.ts"
import { type Alike, alikeOf } from "./alike.ts"
import { recordEvents } from "./record.ts"
import type { Written } from "./shown.ts"
import type { Begun } from "./start.ts"
import { insertTriggers } from "./triggers.ts"

type Inserting = { readonly begun: readonly Begun[]; readonly plans: Plans }

/** Everything of these runs, each kind of row in one statement. */
export const insertBegun = async (
  sql: Sql,
  { decided, holder, now }: Step,
  { begun, plans }: Inserting,
): Promise<Written> => {
  if (begun.length === 0) return { at: new Date(0) }
  const groups = alikeOf(begun)
  const [, [[written] = []]] = await Promise.all([
    insertPlans(sql, { begun, plans }, now),
    Promise.all(groups.map((runs) => insertRuns(sql, runs))),
    insertTriggers(sql, begun),
    insertDeadlines(sql, begun),
    Promise.all(groups.map((runs) => insertTaskRuns(sql, runs, holder))),
    insertClaim(sql, decided.claimed, holder),
    insertExpiries(sql, decided.expiring),
    saveWaits(sql, { decided }),
    recordEvents(sql, decided.events, now),
    emitRows(sql, factRows({ decided, now })),
  ])
  if (!written) throw new Error("no run was written")
  return written
}

const insertPlans = async (sql: Sql, { begun, plans }: Inserting, now: Date): Promise<void> => {
  const texts = new Map(begun.map(({ start }) => [start.plan_id, start.plan_text]))
  const missing = [...texts].filter(([id]) => !plans.wasWritten(id, now)).sort()
  if (missing.length === 0) return
  const ids = missing.map(([id]) => id)
  sql.afterCommit(() => plans.written(ids, now))
  await sql`
    insert into scheduler.plan (id, plan)
    select id, plan::json
    from unnest(${list(ids)}::text::text[], string_to_array(${lines(missing.map(([, text]) => text))}::text, E'\n'))
      as given (id, plan)
    on conflict (id) do update set used_at = now() where plan.used_at < now() - interval '1 day'`
}

const insertRuns = (sql: Sql, runs: Alike): Promise<readonly Written[]> => {
  const [{ start, run }] = runs
  return sql<Written>`
    with created as (
      insert into scheduler.run
        (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, bad, status, reason, seq, traceparent, rerun_of,
          gate_key, started_at, deadline, finished_at)
      select id, ${run.workspace_id}::text::uuid, ${run.workflow}::text, ${run.version}::int, ${run.plan_id}::text, inputs,
        ${start.trigger}::text, ${run.open}::int, ${run.bad}::int, ${run.status}::text, ${run.reason}::text, ${run.seq}::int,
        traceparent, rerun_of, ${run.gate_key}::text, case when ${run.status}::text <> 'pending' then now() end,
        now() + ${start.plan.timeout_ms}::float8 * interval '1 millisecond', case when ${run.open}::int = 0 then now() end
      from rows from (
        unnest(${list(runs.map((one) => one.run.id))}::text::uuid[],
          ${listUnlessEmpty(runs.map((one) => one.run.traceparent))}::text::text[],
          ${listUnlessEmpty(runs.map((one) => one.start.rerun?.of ?? null))}::text::uuid[]),
        json_array_elements(${`[${runs.map((one) => json(one.start.inputs)).join(",")}]`}::text::json)
      ) as given (id, traceparent, rerun_of, inputs)
      returning created_at
    )
    select created_at as at from created limit 1`
}

/** Only for runs that ask for less than the usual time, which is so long that a timer for each would be a waste. */
const insertDeadlines = async (sql: Sql, begun: readonly Begun[]): Promise<void> => {
  const limited = begun.filter(({ start }) => start.plan.timeout_ms < defaults.run_timeout_ms)
  if (limited.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, run_id)
    select now() + timeout_ms * interval '1 millisecond', 'deadline', run_id
    from unnest(
      ${list(limited.map(({ run }) => run.id))}::text::uuid[],
      ${list(limited.map(({ start }) => start.plan.timeout_ms))}::text::float8[]
    ) as given (run_id, timeout_ms)`
}

/**
 * What needs nothing is claimable in the same statement. A task run's id is its run's, but for the digits of its place, so
 * the tasks of a plan are sent once for all runs of it.
 */
const insertTaskRuns = (sql: Sql, runs: Alike, holder: Holder | undefined) => {
  const [{ tasks, kept, run }] = runs
  const earlier = tasks.map(({ idx }) => kept.get(idx))
  return sql`
    with created as (
      insert into scheduler.task_run
        (id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, slot, priority, max_retries,
          attempt, token, worker_id, queued_at, started_at, finished_at, reason, reused_from, outputs, settings)
      select (left(run_id::text, -${place_digits}::int) || place)::uuid, run_id, idx, ${run.workspace_id}::text::uuid, task,
        type, status, needs_left, needs_bad, queue, slot, priority, max_retries, attempt,
        case when status = 'running' then currval('scheduler.token') end,
        case when status = 'running' then ${holder?.session_id ?? null}::text end,
        case when status in ('queued', 'running') then now() end, case when status = 'running' then now() end,
        case when status in ('skipped', 'completed', 'failed') then now() end, reason, reused_from, outputs::json,
        settings::json
      from unnest(${list(runs.map((one) => one.run.id))}::text::uuid[]) as run_id
      cross join unnest(
        ${list(tasks.map((task) => task.id.slice(-place_digits)))}::text::text[],
        ${list(tasks.map((task) => task.idx))}::text::int[],
        ${list(tasks.map((task) => task.task))}::text::text[],
        ${list(tasks.map((task) => task.type))}::text::text[],
        ${list(tasks.map((task) => task.status))}::text::text[],
        ${listUnlessEmpty(tasks.map((task) => task.reason))}::text::text[],
        ${list(tasks.map((task) => task.attempt))}::text::int[],
        ${list(tasks.map((task) => task.needs_left))}::text::int[],
        ${list(tasks.map((task) => task.needs_bad))}::text::int[],
        ${list(tasks.map((task) => task.queue))}::text::text[],
        ${list(tasks.map((task) => task.slot))}::text::text[],
        ${list(tasks.map((task) => task.priority))}::text::int[],
        ${list(tasks.map((task) => task.max_retries))}::text::int[],
        ${listUnlessEmpty(earlier.map((task) => task?.id ?? null))}::text::uuid[],
        ${listUnlessEmpty(earlier.map((task) => (task?.outputs ? json(task.outputs) : null)))}::text::text[],
        ${listUnlessEmpty(tasks.map(({ settings }) => (settings ? json(settings) : null)))}::text::text[]
      ) as given (place, idx, task, type, status, reason, attempt, needs_left, needs_bad, queue, slot, priority,
        max_retries, reused_from, outputs, settings)
      returning id, run_id, workspace_id, queue, slot, priority, status
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select id, run_id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
    from created where status = 'queued' order by id`
}

/** What is given to a worker in this transaction is claimed from the start. */
const insertClaim = async (
  sql: Sql,
  claimed: readonly TaskRow[],
  holder: Holder | undefined,
): Promise<void> => {
  if (!holder || claimed.length === 0) return
  await sql`
    insert into scheduler.claim (token, session_id, ids, open)
    values (
      currval('scheduler.token'), ${holder.session_id}::text::uuid, ${list(claimed.map(({ id }) => id))}::text::uuid[],
      ${claimed.length}::int
    )`
}
