import { type Database, list, type Sql } from "#kernel/database/database.ts"
import type { Plan } from "#language/plan.ts"
import { isJobId, lastTaskRunId, taskRunId } from "#language/run-id.ts"
import { lockGates } from "../gate/lock.ts"
import { findMembers } from "../gate/members.ts"
import { moveGates } from "../gate/move.ts"
import { lockLimits } from "../queue/limit.ts"
import { taskMoves } from "../task/moves.ts"
import type { Held, Rows, RunRow, SessionRow, TaskRow } from "./rows.ts"
import { save } from "./save.ts"
import { takeReady } from "./take.ts"
import type { Output, Transact, Transaction } from "./transaction.ts"

export const transactOver =
  (hot: Database): Transact =>
  (work) =>
    hot.tx((sql) => work(transactionOver(sql)), { reads_first: true })

export const transactionOver = (sql: Sql): Transaction => ({
  rows: rowsOver(sql),
  save: (step) => {
    save(sql, step).catch(() => undefined)
  },
  outputs: (task_run_ids) => readOutputs(sql, task_run_ids),
  afterCommit: (work) => sql.afterCommit(work),
})

export const rowsOver = (sql: Sql): Rows => ({
  runs: (ids) => lockRuns(sql, ids),
  hold: (held) => holdRuns(sql, held),
  async tasks(which) {
    if ("open_of" in which) return readOpenTasks(sql, which.open_of)
    const jobs = which.filter(isJobId)
    const others = jobs.length === 0 ? which : which.filter((id) => !isJobId(id))
    const found = await Promise.all([readTasks(sql, others), lockJobs(sql, jobs)])
    return found.flat()
  },
  plans: (ids) => readPlans(sql, ids),
  session: (session_id) => readSession(sql, session_id),
  limits: (queues) => lockLimits(sql, queues),
  gates: (wanted) => lockGates(sql, wanted),
  moveGates: (changes) => moveGates(sql, changes),
  membersOf: (gates) => findMembers(sql, gates),
  take: (shares, holder) => takeReady(sql, shares, holder),
})

const lockRuns = async (sql: Sql, ids: readonly string[]): Promise<readonly RunRow[]> => {
  if (ids.length === 0) return []
  return sql<RunRow>`
    select id, workspace_id, workflow, version, plan_id, inputs, trigger, traceparent, gate_key, status, reason, revision, open, bad, seq,
      to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
    from scheduler.run
    where id = any(${list([...ids].sort())}::text::uuid[])
    order by id
    for update`
}

const holdRuns = async (sql: Sql, { session_id, runs }: Held): Promise<string> => {
  const [row] = await sql<{ token: string }>`
    select scheduler.hold(
      ${session_id}::text::uuid, ${list(runs.map(({ id }) => id))}::text::uuid[],
      ${list(runs.map(({ revision }) => revision))}::text::int[]
    )::text as token`
  if (!row) throw new Error("a function has no answer")
  return row.token
}

/** Whoever changes a task of a run holds the run, so these need no locks of their own. */
const readTasks = async (sql: Sql, ids: readonly string[]): Promise<readonly TaskRow[]> => {
  if (ids.length === 0) return []
  return sql<TaskRow>`
    select id, run_id, idx, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
      null as traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id = any(${list(ids)}::text::uuid[])`
}

const lockJobs = async (sql: Sql, ids: readonly string[]): Promise<readonly TaskRow[]> => {
  if (ids.length === 0) return []
  return sql<TaskRow>`
    select id, run_id, idx, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
      traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id = any(${list([...ids].sort())}::text::uuid[])
    order by id
    for update`
}

const readOpenTasks = async (sql: Sql, run_id: string): Promise<readonly TaskRow[]> => {
  return sql<TaskRow>`
    select id, run_id, idx, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
      null as traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id between ${taskRunId(run_id, 0)}::text::uuid and ${lastTaskRunId(run_id)}::text::uuid
      and status = any(${list(taskMoves.open)}::text::text[])
    order by id`
}

const readSession = async (sql: Sql, session_id: string): Promise<SessionRow | undefined> => {
  const [row] = await sql<SessionRow>`
    select queues, nextval('scheduler.token')::text as token
    from scheduler.session
    where id = ${session_id}::text::uuid and not ended`
  return row
}

const readPlans = async (sql: Sql, ids: readonly string[]) => {
  if (ids.length === 0) return []
  return sql<{ id: string; plan: Plan }>`
    select id, plan from scheduler.plan where id = any(${list(ids)}::text::text[])`
}

const readOutputs = async (sql: Sql, ids: readonly string[]): Promise<readonly Output[]> => {
  if (ids.length === 0) return []
  return sql<Output>`
    select id, status, outputs from scheduler.task_run where id = any(${list(ids)}::text::uuid[])`
}
