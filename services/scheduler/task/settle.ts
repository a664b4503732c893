import { json, list, type Sql } from "#kernel/database/database.ts"
import type { Plan, RetryPolicy } from "#language/plan.ts"
import { isRunId, runOf } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { countEnded, endRuns, type LockedRun, lockRuns, writeRuns } from "../run/lock.ts"
import { advance } from "./advance.ts"
import { gatherFacts } from "./facts.ts"
import { type Held, judge, type Settlement, type Verdict } from "./verdict.ts"

export type Settled = { readonly settlement: Settlement; readonly held: Held; readonly verdict: Accepted }

export type Accepted = Extract<Verdict, { verdict: "accepted" }>

const no_retries: RetryPolicy = { max_retries: 0, initial_ms: 1_000, factor: 2, max_ms: 60_000, jitter: 0.1 }

/**
 * Ends attempts and moves their runs on, all in the caller's transaction and in lock order: runs, task runs,
 * inserts, outbox. One set-based statement for each step, however many there are.
 */
export const settle = async (
  engine: Engine,
  sql: Sql,
  settlements: readonly Settlement[],
): Promise<readonly Verdict[]> => {
  if (settlements.length === 0) return []
  const run_ids = [...new Set(settlements.map(({ task_run_id }) => runOf(task_run_id)))]
    .filter(isRunId)
    .sort()
  const runs = await lockRuns(sql, run_ids)
  const held = await lockTaskRuns(sql, settlements)
  const plans = await engine.plans.load(
    sql,
    [...runs.values()].map((run) => run.plan_id),
  )
  const seen = new Set<string>()
  const settled: Settled[] = []
  const verdicts = settlements.map((settlement) => {
    const row = held.get(settlement.task_run_id)
    const retry = retryOf(row, runs, plans)
    const verdict = judge({ settlement, held: row, retry }, engine.kit.random)
    if (verdict.verdict !== "accepted" || !row) return verdict
    // The same result twice in one batch: the second one finds it settled.
    if (seen.has(row.id)) return { verdict: "already" } as const
    seen.add(row.id)
    settled.push({ settlement, held: row, verdict })
    return verdict
  })
  if (settled.length === 0) return verdicts
  const facts = gatherFacts(engine.kit)
  await writeSettled(sql, settled)
  await writeTimers(sql, settled)
  await closeClaims(sql, settled)
  facts.settled(settled, runs)
  await advance({ sql, runs, plans, facts }, settled)
  endRuns(runs.values(), facts)
  await writeRuns(sql, [...runs.values()])
  countEnded(engine.ended, sql, runs.values())
  await facts.publish(sql)
  sql.afterCommit(() => engine.moved.fire())
  if (facts.ready.length > 0) sql.afterCommit(() => engine.ready.fire())
  return verdicts
}

const retryOf = (
  row: Held | undefined,
  runs: ReadonlyMap<string, LockedRun>,
  plans: ReadonlyMap<string, Plan>,
): RetryPolicy => {
  const plan = row && plans.get(runs.get(row.run_id)?.plan_id ?? "")
  return (row && plan?.tasks[row.idx]?.retry) ?? no_retries
}

const lockTaskRuns = async (
  sql: Sql,
  settlements: readonly Settlement[],
): Promise<ReadonlyMap<string, Held>> => {
  const ids = [...new Set(settlements.map((settlement) => settlement.task_run_id))]
  const rows = await sql<Held>`
    select id, run_id, idx, task, workspace_id, status, token::text as token, attempt, lost, returned, cancel, queue, priority
    from scheduler.task_run
    where id = any(${list(ids)}::text::uuid[])
    order by id
    for update`
  return new Map(rows.map((row) => [row.id, row]))
}

const writeSettled = (sql: Sql, settled: readonly Settled[]) =>
  sql`
    with given as (
      select * from unnest(
        ${list(settled.map(({ held }) => held.id))}::text::uuid[],
        ${list(settled.map(({ verdict }) => verdict.status))}::text::text[],
        ${list(settled.map(({ verdict }) => verdict.returned))}::text::int[],
        ${list(settled.map(({ verdict }) => verdict.lost))}::text::int[],
        ${list(settled.map(({ verdict }) => verdict.delay_ms))}::text::float8[],
        ${list(settled.map(({ settlement }) => (settlement.outputs ? json(settlement.outputs) : null)))}::text::text[],
        ${list(settled.map(({ verdict }) => (verdict.error ? json(verdict.error) : null)))}::text::text[],
        ${list(settled.map(({ settlement }) => (settlement.usage ? json(settlement.usage) : null)))}::text::text[],
        ${list(settled.map(({ settlement }) => settlement.log_chunks ?? 0))}::text::int[]
      ) as given (id, status, returned, lost, delay_ms, outputs, error, usage, log_chunks)
    ), moved as (
      update scheduler.task_run as task
      set status = given.status,
        returned = given.returned,
        lost = given.lost,
        outputs = given.outputs::json,
        error = given.error::json,
        reason = given.error::json ->> 'code',
        usage = given.usage::json,
        log_chunks = given.log_chunks,
        run_at = now() + given.delay_ms * interval '1 millisecond',
        queued_at = case when given.status = 'queued' then now() else task.queued_at end,
        finished_at = case when given.status in ('completed', 'failed', 'cancelled') then now() end
      from given
      where task.id = given.id and task.status = 'running'
      returning task.id, task.run_id, task.workspace_id, task.queue, task.priority, task.status
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from moved where status = 'queued' order by id`

const writeTimers = async (sql: Sql, settled: readonly Settled[]): Promise<void> => {
  const later = settled.filter(({ verdict }) => verdict.delay_ms !== null)
  if (later.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, task_run_id, run_id)
    select now() + delay_ms * interval '1 millisecond', 'retry', id, run_id
    from unnest(
      ${list(later.map(({ held }) => held.id))}::text::uuid[],
      ${list(later.map(({ held }) => held.run_id))}::text::uuid[],
      ${list(later.map(({ verdict }) => verdict.delay_ms))}::text::float8[]
    ) as given (id, run_id, delay_ms)`
}

/** A claim's row goes with the last of its attempts. */
const closeClaims = (sql: Sql, settled: readonly Settled[]) => {
  const counts = new Map<string, number>()
  for (const { settlement } of settled) counts.set(settlement.token, (counts.get(settlement.token) ?? 0) + 1)
  const tokens = [...counts.keys()].sort()
  return sql`
    with given as (
      select * from unnest(
        ${list(tokens)}::text::bigint[],
        ${list(tokens.map((token) => counts.get(token) ?? 0))}::text::int[]
      ) as given (token, done)
    ), gone as (
      delete from scheduler.claim as claim using given
      where claim.token = given.token and claim.open <= given.done
    )
    update scheduler.claim as claim set open = claim.open - given.done
    from given where claim.token = given.token and claim.open > given.done`
}
