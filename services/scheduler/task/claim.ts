import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Plan, PlanTask } from "#language/plan.ts"
import { taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import type { LockedRun } from "../run/lock.ts"
import { gatherFacts } from "./facts.ts"

export type Claimed = {
  readonly id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly idx: number
  readonly task: string
  readonly type: string
  readonly attempt: number
  readonly token: string
  readonly worker_id: string
}

/** One attempt, with all that its worker needs. */
export type Attempt = Claimed & {
  readonly workflow: string
  readonly version: number
  readonly plan_task: PlanTask
  readonly traceparent: string | null
  readonly context: AttemptContext
}

export type AttemptContext = {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly tasks: Readonly<Record<string, { status: string; outputs: Readonly<Record<string, unknown>> }>>
  readonly run: { readonly id: string; readonly workflow: string; readonly version: number }
}

export type Claim = { readonly session_id: string; readonly max_tasks: number }

/** Takes what is ready, in one compare-and-set: nobody waits for anybody, and nothing is given twice. */
export const claimTasks =
  (engine: Engine) =>
  (claim: Claim): Promise<readonly Attempt[]> =>
    engine.hot.tx(async (sql) => {
      const attempts = await claimIn(engine, sql, claim)
      if (!attempts) throw new Problem("session.ended")
      return attempts
    })

/**
 * Also the last step of a report, in its transaction: a chain then costs one commit a task.
 * Undefined when the session has ended, which must not undo the report.
 */
export const claimIn = async (
  engine: Engine,
  sql: Sql,
  claim: Claim,
): Promise<readonly Attempt[] | undefined> => {
  const queues = await queuesOf(sql, claim.session_id)
  if (queues === undefined) return undefined
  if (claim.max_tasks <= 0) return []
  const candidates = await findReady(sql, queues, claim.max_tasks)
  if (candidates.length === 0) return []
  const runs = await lockFreeRuns(sql, [...new Set(candidates.map((candidate) => candidate.run_id))])
  const mine = candidates.filter((candidate) => runs.get(candidate.run_id)?.status === "running")
  const over = candidates.filter((candidate) => runs.has(candidate.run_id) && !mine.includes(candidate))
  const token = await nextToken(sql)
  const claimed =
    mine.length === 0 ? [] : await markRunning(sql, mine, { token, session_id: claim.session_id })
  await removeReady(sql, [...mine, ...over])
  if (claimed.length === 0) return []
  await insertClaim(sql, claimed, { token, session_id: claim.session_id })
  const facts = gatherFacts(engine.kit)
  for (const task of claimed) {
    const run = runs.get(task.run_id)
    if (run) facts.claimed(task, run)
  }
  await advanceSeq(sql, [...runs.values()])
  await facts.publish(sql)
  sql.afterCommit(() => engine.moved.fire())
  return withContext(engine, sql, { claimed, runs })
}

const queuesOf = async (sql: Sql, session_id: string): Promise<string | undefined> => {
  const [session] = await sql<{ queues: string }>`
    select queues::text as queues from scheduler.session where id = ${session_id}::text::uuid and not ended`
  return session?.queues
}

type Candidate = { readonly seq: string; readonly task_run_id: string; readonly run_id: string }

const findReady = (sql: Sql, queues: string, max_tasks: number) =>
  sql<Candidate>`
    select seq::text as seq, task_run_id, run_id
    from scheduler.ready
    where queue = any(${queues}::text::text[]) or '*' = any(${queues}::text::text[])
    order by priority desc, seq
    limit ${max_tasks}::int
    for update skip locked`

type ClaimableRun = LockedRun & { readonly inputs: Record<string, unknown> }

/** Whose run is being moved on by somebody else just now is left for the next claim. */
const lockFreeRuns = async (
  sql: Sql,
  run_ids: readonly string[],
): Promise<ReadonlyMap<string, ClaimableRun>> => {
  const rows = await sql<ClaimableRun>`
    select id, workspace_id, workflow, version, plan_id, status, reason, open, bad, seq, traceparent, inputs,
      false as finished, null as started_at
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[])
    order by id
    for update skip locked`
  return new Map(rows.map((row) => [row.id, { ...row }]))
}

const nextToken = async (sql: Sql): Promise<string> => {
  const [row] = await sql<{ token: string }>`select nextval('scheduler.token')::text as token`
  if (!row) throw new Error("the sequence gave no token")
  return row.token
}

type Batch = { readonly token: string; readonly session_id: string }

const markRunning = (sql: Sql, mine: readonly Candidate[], { token, session_id }: Batch) =>
  sql<Claimed>`
    update scheduler.task_run
    set status = 'running', attempt = attempt + 1, token = ${token}::text::bigint, worker_id = ${session_id},
      started_at = now(), finished_at = null, error = null, reason = null, run_at = null
    where id = any(${list(mine.map((candidate) => candidate.task_run_id))}::text::uuid[]) and status = 'queued'
    returning id, run_id, workspace_id, idx, task, type, attempt, token::text as token, worker_id`

const removeReady = (sql: Sql, candidates: readonly Candidate[]) =>
  sql`
    delete from scheduler.ready as ready
    using unnest(${list(candidates.map((candidate) => candidate.seq))}::text::bigint[]) as given (seq)
    where ready.seq = given.seq`

const insertClaim = (sql: Sql, claimed: readonly Claimed[], { token, session_id }: Batch) =>
  sql`
    insert into scheduler.claim (token, session_id, ids, open)
    values (
      ${token}::text::bigint, ${session_id}::text::uuid,
      ${list(claimed.map((task) => task.id))}::text::uuid[], ${claimed.length}::int
    )`

const advanceSeq = (sql: Sql, runs: readonly LockedRun[]) =>
  sql`
    update scheduler.run as run set seq = given.seq
    from unnest(
      ${list(runs.map((run) => run.id))}::text::uuid[],
      ${list(runs.map((run) => run.seq))}::text::int[]
    ) as given (id, seq)
    where run.id = given.id`

type Found = { readonly claimed: readonly Claimed[]; readonly runs: ReadonlyMap<string, ClaimableRun> }

const withContext = async (
  engine: Engine,
  sql: Sql,
  { claimed, runs }: Found,
): Promise<readonly Attempt[]> => {
  const plans = await engine.plans.load(
    sql,
    [...runs.values()].map((run) => run.plan_id),
  )
  const wanted = claimed.map((task) => ({
    task,
    run: runs.get(task.run_id),
    plan: planOf(plans, runs, task),
  }))
  const ids = wanted.flatMap(({ task, plan }) =>
    readsOf(plan, task.idx).map((idx) => taskRunId(task.run_id, idx)),
  )
  const outputs = await outputsOf(sql, [...new Set(ids)])
  return wanted.flatMap(({ task, run, plan }) => {
    const plan_task = plan?.tasks[task.idx]
    if (!run || !plan || !plan_task) return []
    const { workflow, version, traceparent } = run
    const tasks = Object.fromEntries(
      readsOf(plan, task.idx).map((idx) => {
        const found = outputs.get(taskRunId(task.run_id, idx))
        return [
          plan.tasks[idx]?.name ?? "",
          { status: found?.status ?? "pending", outputs: found?.outputs ?? {} },
        ]
      }),
    )
    const context = { inputs: run.inputs, env: plan.env, tasks, run: { id: run.id, workflow, version } }
    return [{ ...task, workflow, version, plan_task, traceparent, context }]
  })
}

const planOf = (plans: ReadonlyMap<string, Plan>, runs: ReadonlyMap<string, LockedRun>, task: Claimed) =>
  plans.get(runs.get(task.run_id)?.plan_id ?? "")

/** The upstream tasks whose outputs and status an attempt may see. */
const readsOf = (plan: Plan | undefined, idx: number): readonly number[] => plan?.tasks[idx]?.reads ?? []

type Output = {
  readonly id: string
  readonly status: string
  readonly outputs: Record<string, unknown> | null
}

const outputsOf = async (sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, Output>> => {
  if (ids.length === 0) return new Map()
  const rows = await sql<Output>`
    select id, status, outputs from scheduler.task_run where id = any(${list(ids)}::text::uuid[])`
  return new Map(rows.map((row) => [row.id, row]))
}
