import { createHash } from "node:crypto"
import { json, list, type Sql } from "#kernel/database/database.ts"
import { type Advance, begin, type Counter } from "#language/decide.ts"
import { defaults, type Plan, type PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { type Facts, gatherFacts } from "../task/facts.ts"
import type { TaskStatus } from "../task/moves.ts"
import type { Ready } from "../task/ready.ts"
import { countEnded, endRuns, type LockedRun } from "./lock.ts"

export type RunStart = {
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan: Plan
  readonly inputs: Readonly<Record<string, unknown>>
  readonly trigger: string
  readonly idempotency_key: string | undefined
  readonly body_hash: string
  readonly traceparent: string | null
}

export type RunStarted = {
  readonly run_id: string
  /** False when the key was used before: then `run_id` is that of the first request. */
  readonly created: boolean
  /** The key was used with another body. */
  readonly conflict: boolean
}

type Prepared = RunStart & { readonly plan_id: string; readonly plan_text: string }

/** Run, task runs, idempotency row and `workflow.started` in one transaction, for as many runs as there are. */
export const startRuns =
  (engine: Engine) =>
  async (starts: readonly RunStart[]): Promise<readonly RunStarted[]> => {
    const prepared = starts.map(prepare)
    const outcome = await engine.database.tx(async (sql) => {
      const answers = await reserveKeys(sql, prepared)
      const fresh = prepared.filter((_, index) => answers[index]?.created)
      if (fresh.length === 0) return answers
      await insertPlans(sql, fresh)
      const facts = gatherFacts(engine.kit)
      const beginnings = fresh.map((start) => beginRun(start, facts))
      const runs = beginnings.map(({ run }) => run)
      endRuns(runs, facts)
      countEnded(engine.ended, sql, runs)
      await insertRuns(sql, beginnings)
      await insertDeadlines(sql, fresh)
      facts.ready.push(...(await insertTaskRuns(sql, beginnings)))
      await facts.publish(sql)
      sql.afterCommit(() => engine.ready.fire())
      sql.afterCommit(() => engine.moved.fire())
      return answers
    })
    for (const { plan_id, plan } of prepared) engine.plans.keep(plan_id, plan)
    return outcome
  }

const prepare = (start: RunStart): Prepared => {
  const plan_text = JSON.stringify(start.plan)
  return { ...start, plan_text, plan_id: createHash("sha256").update(plan_text).digest("hex") }
}

type Beginning = { readonly start: Prepared; readonly run: LockedRun; readonly begun: Advance }

/** A run's first step, in memory: what can run at once, and what never will. */
const beginRun = (start: Prepared, facts: Facts): Beginning => {
  const begun = begin(start.plan)
  const { run_id: id, workspace_id, workflow, version, plan_id, traceparent } = start
  const run: LockedRun = {
    ...{ id, workspace_id, workflow, version, plan_id, traceparent },
    ...{ started_at: null, status: "running", reason: null, bad: 0, seq: 0, finished: false },
    open: start.plan.tasks.length - begun.skip.length,
  }
  facts.runStarted(run, start.trigger)
  for (const idx of begun.skip) {
    facts.skipped({ id: taskRunId(id, idx), task: start.plan.tasks[idx]?.name ?? "" }, run)
  }
  return { start, run, begun }
}

const reserveKeys = async (sql: Sql, starts: readonly Prepared[]): Promise<RunStarted[]> => {
  const keyed = starts.filter((start) => start.idempotency_key !== undefined)
  const known = keyed.length === 0 ? [] : await insertKeys(sql, keyed)
  const held = new Map(known.map((row) => [`${row.workspace_id} ${row.key}`, row]))
  return starts.map((start) => {
    const row = held.get(`${start.workspace_id} ${start.idempotency_key}`)
    if (!row) return { run_id: start.run_id, created: true, conflict: false }
    const created = row.object_id === start.run_id
    return { run_id: row.object_id, created, conflict: !created && row.body_hash !== start.body_hash }
  })
}

type KeyRow = { workspace_id: string; key: string; body_hash: string; object_id: string }

/** The update of nothing makes a concurrent holder of the key visible, and waits for its end. */
const insertKeys = (sql: Sql, starts: readonly Prepared[]) =>
  sql<KeyRow>`
    insert into scheduler.idempotency as known (workspace_id, scope, key, body_hash, object_id)
    select distinct on (workspace_id, key) workspace_id, 'run.start', key, body_hash, object_id
    from unnest(
      ${list(starts.map((start) => start.workspace_id))}::text::uuid[],
      ${list(starts.map((start) => start.idempotency_key ?? ""))}::text::text[],
      ${list(starts.map((start) => start.body_hash))}::text::text[],
      ${list(starts.map((start) => start.run_id))}::text::uuid[]
    ) as given (workspace_id, key, body_hash, object_id)
    order by workspace_id, key
    on conflict (workspace_id, scope, key) do update set key = known.key
    returning workspace_id, key, body_hash, object_id`

const insertPlans = (sql: Sql, starts: readonly Prepared[]) => {
  const plans = [...new Map(starts.map((start) => [start.plan_id, start.plan_text]))].sort()
  return sql`
    insert into scheduler.plan (id, plan)
    select id, plan::json
    from unnest(
      ${list(plans.map(([id]) => id))}::text::text[],
      ${list(plans.map(([, text]) => text))}::text::text[]
    ) as given (id, plan)
    on conflict (id) do nothing`
}

const insertRuns = (sql: Sql, beginnings: readonly Beginning[]) =>
  sql`
    insert into scheduler.run
      (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, status, reason, seq, traceparent,
        started_at, deadline, finished_at)
    select id, workspace_id, workflow, version, plan_id, inputs::json, trigger, open, status, reason, seq, traceparent,
      now(), now() + timeout_ms * interval '1 millisecond', case when finished then now() end
    from unnest(
      ${list(beginnings.map(({ run }) => run.id))}::text::uuid[],
      ${list(beginnings.map(({ run }) => run.workspace_id))}::text::uuid[],
      ${list(beginnings.map(({ run }) => run.workflow))}::text::text[],
      ${list(beginnings.map(({ run }) => run.version))}::text::int[],
      ${list(beginnings.map(({ run }) => run.plan_id))}::text::text[],
      ${list(beginnings.map(({ start }) => json(start.inputs)))}::text::text[],
      ${list(beginnings.map(({ start }) => start.trigger))}::text::text[],
      ${list(beginnings.map(({ run }) => run.open))}::text::int[],
      ${list(beginnings.map(({ run }) => run.status))}::text::text[],
      ${list(beginnings.map(({ run }) => run.reason))}::text::text[],
      ${list(beginnings.map(({ run }) => run.seq))}::text::int[],
      ${list(beginnings.map(({ run }) => run.traceparent))}::text::text[],
      ${list(beginnings.map(({ start }) => start.plan.timeout_ms))}::text::float8[],
      ${list(beginnings.map(({ run }) => run.finished))}::text::boolean[]
    ) as given (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, status, reason, seq, traceparent, timeout_ms,
      finished)`

/** Only for runs that ask for less than the usual time, which is so long that a timer for each would be a waste. */
const insertDeadlines = async (sql: Sql, starts: readonly Prepared[]): Promise<void> => {
  const limited = starts.filter(({ plan }) => plan.timeout_ms < defaults.run_timeout_ms)
  if (limited.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, run_id)
    select now() + timeout_ms * interval '1 millisecond', 'deadline', run_id
    from unnest(
      ${list(limited.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(limited.map(({ plan }) => plan.timeout_ms))}::text::float8[]
    ) as given (run_id, timeout_ms)`
}

type TaskRow = {
  readonly start: Prepared
  readonly task: PlanTask
  readonly status: TaskStatus
  readonly counter: Counter
}

const rowsOf = ({ start, begun }: Beginning): TaskRow[] => {
  const released = new Set(begun.release)
  const skipped = new Set(begun.skip)
  const statusOf = (idx: number): TaskStatus => {
    if (released.has(idx)) return "queued"
    return skipped.has(idx) ? "skipped" : "pending"
  }
  return start.plan.tasks.map((task) => ({
    start,
    task,
    status: statusOf(task.idx),
    counter: begun.counters.get(task.idx) ?? { needs_left: 0, needs_bad: 0 },
  }))
}

/** Everything of the plan at once; what needs nothing is claimable in the same step. */
const insertTaskRuns = (sql: Sql, beginnings: readonly Beginning[]) => {
  const rows = beginnings.flatMap(rowsOf)
  return sql<Ready>`
    with created as (
      insert into scheduler.task_run
        (id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, priority, max_retries,
          queued_at, finished_at, reason)
      select id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, priority, max_retries,
        case when status = 'queued' then now() end,
        case when status = 'skipped' then now() end,
        case when status = 'skipped' then 'needs' end
      from unnest(
        ${list(rows.map(({ start, task }) => taskRunId(start.run_id, task.idx)))}::text::uuid[],
        ${list(rows.map(({ start }) => start.run_id))}::text::uuid[],
        ${list(rows.map(({ start }) => start.workspace_id))}::text::uuid[],
        ${list(rows.map(({ task }) => task.idx))}::text::int[],
        ${list(rows.map(({ task }) => task.name))}::text::text[],
        ${list(rows.map(({ task }) => task.uses))}::text::text[],
        ${list(rows.map(({ status }) => status))}::text::text[],
        ${list(rows.map(({ counter }) => counter.needs_left))}::text::int[],
        ${list(rows.map(({ counter }) => counter.needs_bad))}::text::int[],
        ${list(rows.map(({ task }) => task.queue))}::text::text[],
        ${list(rows.map(({ task }) => task.priority))}::text::int[],
        ${list(rows.map(({ task }) => task.retry.max_retries))}::text::int[]
      ) as given (id, run_id, workspace_id, idx, task, type, status, needs_left, needs_bad, queue, priority, max_retries)
      returning id, run_id, workspace_id, queue, priority, status
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from created where status = 'queued' order by id
    returning task_run_id, queue`
}
