import { type Database, list, type Sql } from "#kernel/database/database.ts"
import type { Plan } from "#language/plan.ts"
import { isJobId, lastTaskRunId, taskRunId } from "#language/run-id.ts"
import { readCached } from "../cache/read.ts"
import { readEnds, readWholes } from "../child/read.ts"
import { lockGates } from "../gate/lock.ts"
import { findMembers } from "../gate/members.ts"
import { moveGates } from "../gate/move.ts"
import { readEarlierItems, readOutputs, readOutputsAt } from "../item/read.ts"
import { lockLimits } from "../queue/limit.ts"
import { readTriggers } from "../run/triggers.ts"
import { taskMoves } from "../task/moves.ts"
import { readSignals, readWaits } from "../wait/read.ts"
import { holdAtOnce, type PendingHold, pendingHold } from "./hold.ts"
import type { Holder, Rows, RunRow, SessionRow, Share, TaskRow } from "./rows.ts"
import { save, type Way } from "./save.ts"
import { takeReady } from "./take.ts"
import type { Transact, Transaction } from "./transaction.ts"

/** A step as a transaction of its own: what can be sent last is sent alone, if it is all that is sent. */
export const transactOver =
  (hot: Database): Transact =>
  (work) =>
    hot.tx((sql) => work(transactionWith(sql, { last: sql.last, hold: pendingHold(sql) })), {
      begins_late: true,
    })

/** For runs that begin: what they read, and a hold that the statement which writes them can do. */
export const beginningOver = (sql: Sql): { readonly rows: Rows; readonly hold: PendingHold } => {
  const hold = pendingHold(sql)
  return { rows: rowsOver(sql, hold), hold }
}

/** Within a transaction that has more to do. */
export const transactionOver = (sql: Sql): Transaction =>
  transactionWith(sql, { last: sql, hold: holdAtOnce(sql) })

const transactionWith = (sql: Sql, way: Way): Transaction => ({
  rows: rowsOver(sql, way.hold),
  save: (step) => {
    save(sql, step, way).catch(() => undefined)
  },
  afterCommit: (work) => sql.afterCommit(work),
})

const rowsOver = (sql: Sql, hold: PendingHold): Rows => {
  const behind = <Asked extends unknown[], Answer>(ask: (...asked: Asked) => Promise<Answer>) => {
    return (...asked: Asked): Promise<Answer> => {
      hold.send()
      return ask(...asked)
    }
  }
  return {
    runs: behind((ids: readonly string[]) => lockRuns(sql, ids)),
    hold: hold.ask,
    tasks: behind((which: Parameters<Rows["tasks"]>[0]) => readTasks(sql, which)),
    outputs: behind((ids: readonly string[]) => readOutputs(sql, ids)),
    outputsAt: behind((...asked: Parameters<Rows["outputsAt"]>) => readOutputsAt(sql, ...asked)),
    earlierItems: behind((...asked: Parameters<Rows["earlierItems"]>) => readEarlierItems(sql, ...asked)),
    plans: (ids) => readPlans(sql, ids),
    waits: behind((ids: readonly string[]) => readWaits(sql, ids)),
    triggers: behind((ids: readonly string[]) => readTriggers(sql, ids)),
    ends: behind((ids: readonly string[]) => readEnds(sql, ids)),
    wholes: behind((ids: readonly string[]) => readWholes(sql, ids)),
    signals: behind((wanted: Parameters<Rows["signals"]>[0]) => readSignals(sql, wanted)),
    cached: behind((wanted: Parameters<Rows["cached"]>[0]) => readCached(sql, wanted)),
    session: behind((session_id: string) => readSession(sql, session_id)),
    limits: behind((queues: Parameters<Rows["limits"]>[0]) => lockLimits(sql, queues)),
    gates: behind((wanted: Parameters<Rows["gates"]>[0]) => lockGates(sql, wanted)),
    moveGates: behind((changes: Parameters<Rows["moveGates"]>[0]) => moveGates(sql, changes)),
    membersOf: behind((gates: Parameters<Rows["membersOf"]>[0]) => findMembers(sql, gates)),
    take: behind((shares: readonly Share[], holder: Holder) => takeReady(sql, shares, holder)),
  }
}

const readTasks = async (sql: Sql, which: Parameters<Rows["tasks"]>[0]): Promise<readonly TaskRow[]> => {
  if ("open_of" in which) return readOpenTasks(sql, which.open_of)
  const jobs = which.filter(isJobId)
  const others = jobs.length === 0 ? which : which.filter((id) => !isJobId(id))
  const found = await Promise.all([readTasksOfRuns(sql, others), lockJobs(sql, jobs)])
  return found.flat()
}

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

/** Whoever changes a task of a run holds the run, so these need no locks of their own. */
const readTasksOfRuns = async (sql: Sql, ids: readonly string[]): Promise<readonly TaskRow[]> => {
  if (ids.length === 0) return []
  return sql<TaskRow>`
    select id, run_id, idx, item, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings, payload,
      null as traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id = any(${list(ids)}::text::uuid[])`
}

const lockJobs = async (sql: Sql, ids: readonly string[]): Promise<readonly TaskRow[]> => {
  if (ids.length === 0) return []
  return sql<TaskRow>`
    select id, run_id, idx, item, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings,
      traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      worker_id, started_at, coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id = any(${list([...ids].sort())}::text::uuid[])
    order by id
    for update`
}

const readOpenTasks = async (sql: Sql, run_id: string): Promise<readonly TaskRow[]> => {
  return sql<TaskRow>`
    select id, run_id, idx, item, workspace_id, task, type, queue, slot, priority, max_retries, gate_key, settings, payload,
      null as traceparent, status, reason, token::text as token, attempt, lost, returned, cancel, needs_left, needs_bad,
      coalesce(extract(epoch from queued_at) * 1000, 0)::float8 as queued_ms
    from scheduler.task_run
    where id between ${taskRunId(run_id, 0)}::text::uuid and ${lastTaskRunId(run_id)}::text::uuid
      and status = any(${list(taskMoves.open)}::text::text[])
    order by id`
}

const readSession = async (sql: Sql, session_id: string): Promise<SessionRow | undefined> => {
  const [row] = await sql<SessionRow>`
    select queues, workspace_id, takes, labels, nextval('scheduler.token')::text as token
    from scheduler.session
    where id = ${session_id}::text::uuid and not ended`
  return row
}

const readPlans = async (sql: Sql, ids: readonly string[]) => {
  if (ids.length === 0) return []
  return sql<{ id: string; plan: Plan }>`
    select id, plan from scheduler.plan where id = any(${list(ids)}::text::text[])`
}
