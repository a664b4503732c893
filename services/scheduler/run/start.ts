import { createHash } from "node:crypto"
import { json, list, type Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import type { Plan } from "#language/plan.ts"
import type { Engine } from "../engine.ts"
import { recordEvents, type RunFact } from "./record.ts"
import { taskRunId } from "./ids.ts"

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
      await insertRuns(sql, fresh)
      const roots = await insertTaskRuns(sql, fresh)
      await recordEvents(sql, fresh.map(startedFact))
      await emitStarted(sql, fresh)
      await emitReady(sql, roots)
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

const startedFact = ({ run_id }: Prepared): RunFact => ({
  run_id,
  seq: 1,
  type: "workflow.started",
  task: null,
  status: "running",
  data: {},
})

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

const insertRuns = (sql: Sql, starts: readonly Prepared[]) =>
  sql`
    insert into scheduler.run
      (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, status, seq, started_at, deadline)
    select id, workspace_id, workflow, version, plan_id, inputs::json, trigger, open,
      'running', 1, now(), now() + timeout_ms * interval '1 millisecond'
    from unnest(
      ${list(starts.map((start) => start.run_id))}::text::uuid[],
      ${list(starts.map((start) => start.workspace_id))}::text::uuid[],
      ${list(starts.map((start) => start.workflow))}::text::text[],
      ${list(starts.map((start) => start.version))}::text::int[],
      ${list(starts.map((start) => start.plan_id))}::text::text[],
      ${list(starts.map((start) => json(start.inputs)))}::text::text[],
      ${list(starts.map((start) => start.trigger))}::text::text[],
      ${list(starts.map((start) => start.plan.tasks.length))}::text::int[],
      ${list(starts.map((start) => start.plan.timeout_ms))}::text::float8[]
    ) as given (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, timeout_ms)`

export type Root = { task_run_id: string; queue: string }

/** Everything of the plan at once; what needs nothing is claimable in the same step. */
const insertTaskRuns = (sql: Sql, starts: readonly Prepared[]) => {
  const rows = starts.flatMap((start) => start.plan.tasks.map((task) => ({ start, task })))
  return sql<Root>`
    with created as (
      insert into scheduler.task_run
        (id, run_id, idx, workspace_id, task, type, status, needs_left, queue, priority, max_retries, queued_at)
      select id, run_id, idx, workspace_id, task, type,
        case when needs_left = 0 then 'queued' else 'pending' end,
        needs_left, queue, priority, max_retries,
        case when needs_left = 0 then now() end
      from unnest(
        ${list(rows.map(({ start, task }) => taskRunId(start.run_id, task.idx)))}::text::uuid[],
        ${list(rows.map(({ start }) => start.run_id))}::text::uuid[],
        ${list(rows.map(({ start }) => start.workspace_id))}::text::uuid[],
        ${list(rows.map(({ task }) => task.idx))}::text::int[],
        ${list(rows.map(({ task }) => task.name))}::text::text[],
        ${list(rows.map(({ task }) => task.uses))}::text::text[],
        ${list(rows.map(({ task }) => task.needs.length))}::text::int[],
        ${list(rows.map(({ task }) => task.queue))}::text::text[],
        ${list(rows.map(({ task }) => task.priority))}::text::int[],
        ${list(rows.map(({ task }) => task.retry.max_retries))}::text::int[]
      ) as given (id, run_id, workspace_id, idx, task, type, needs_left, queue, priority, max_retries)
      returning id, run_id, workspace_id, queue, priority, status
    )
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, priority)
    select id, run_id, workspace_id, queue, priority from created where status = 'queued' order by id
    returning task_run_id, queue`
}

const emitStarted = (sql: Sql, starts: readonly Prepared[]) => {
  const started_at = new Date().toISOString()
  return emit(
    sql,
    starts.map(({ run_id, workspace_id, workflow, version, trigger }) => ({
      type: "workflow.started" as const,
      key: run_id,
      data: { run_id, workspace_id, workflow, version, trigger, started_at },
    })),
  )
}

/** One wake-up for each queue; it may be lost, since workers look by themselves too. */
export const emitReady = async (sql: Sql, ready: readonly Root[]): Promise<void> => {
  if (ready.length === 0) return
  const first = new Map<string, { key: string; ready: number }>()
  for (const { task_run_id, queue } of ready) {
    const known = first.get(queue) ?? { key: task_run_id, ready: 0 }
    known.ready += 1
    first.set(queue, known)
  }
  await emit(
    sql,
    [...first].map(([queue, { key, ready: count }]) => ({
      type: "task.scheduled" as const,
      key,
      data: { queue, ready: count },
    })),
  )
}
