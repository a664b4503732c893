import { isJobId } from "#language/run-id.ts"
import type { Held, Limit, Rows, RunRow, SessionRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import type { Transaction } from "../step/transaction.ts"
import { taskMoves } from "../task/moves.ts"
import { jobLock, queueLock, runLock } from "./changes.ts"
import { wholeOf } from "./children.ts"
import type { Session } from "./database.ts"
import { demand } from "./demand.ts"
import { itemRowsIn } from "./items.ts"
import { Aborted } from "./locks.ts"
import { saveStep } from "./save.ts"
import { isTerminal, queueKey, runningUnder, type StoredTask, tasksOf } from "./tables.ts"
import { takeReady } from "./take.ts"
import { readCached, readSignals } from "./waits.ts"

/** A step's transaction in memory. */
export const transactionIn = (session: Session): Transaction => ({
  rows: rowsIn(session),
  save: (step) => {
    if (step.is_guessed) session.statement(() => lookAtGuesses(session, step)).catch(() => undefined)
    session.writes.push((changes) => saveStep(changes, step))
  },
  afterCommit: (work) => {
    session.after.push(work)
  },
})

const rowsIn = (session: Session): Rows => ({
  runs: (ids) => (ids.length === 0 ? Promise.resolve([]) : session.statement(() => lockRuns(session, ids))),
  hold: (held) => session.statement(() => holdRuns(session, held)),
  tasks: (which) => session.statement(() => readTasks(session, which)),
  ...itemRowsIn(session),
  plans: (ids) => (ids.length === 0 ? Promise.resolve([]) : session.statement(() => readPlans(session, ids))),
  waits: (ids) =>
    session.statement(() =>
      ids.flatMap((id) => {
        const wait = session.tables.tasks.get(id)?.wait
        return wait ? [{ id, wait }] : []
      }),
    ),
  triggers: (ids) =>
    session.statement(() =>
      ids.flatMap((run_id) => {
        const happened = session.tables.runs.get(run_id)?.happened
        return happened ? [{ run_id, happened }] : []
      }),
    ),
  ends: (ids) =>
    session.statement(() =>
      ids.flatMap((id) => {
        const run = session.tables.runs.get(id)
        return run && isTerminal(run) ? [{ ...run }] : []
      }),
    ),
  wholes: (ids) => session.statement(() => ids.flatMap((id) => wholeOf(session.tables, id))),
  signals: (wanted) => session.statement(() => readSignals(session.tables, wanted)),
  cached: (wanted) => session.statement(() => readCached(session, wanted)),
  session: (session_id) => session.statement(() => readSession(session, session_id)),
  limits: (queues) => session.statement(() => lockLimits(session, queues)),
  // Nothing here has a concurrency key: gates have a storm of their own, on PostgreSQL.
  gates: () => Promise.reject(new Error("the simulation has no gates")),
  moveGates: () => Promise.reject(new Error("the simulation has no gates")),
  membersOf: () => Promise.reject(new Error("the simulation has no gates")),
  take: (shares, holder) => session.statement(() => takeReady(session, shares, holder)),
})

const lockRuns = async (session: Session, ids: readonly string[]): Promise<readonly RunRow[]> => {
  const { tables, locks } = session
  const rows: RunRow[] = []
  for (const id of [...new Set(ids)].sort()) {
    if (!tables.runs.has(id)) continue
    await locks.wait(session, runLock(id))
    const run = tables.runs.get(id)
    if (run) rows.push({ ...run })
  }
  return rows
}

/** What was not read has to be as it was thought to be, or the transaction fails. */
const lookAtGuesses = async (session: Session, { decided }: Step): Promise<void> => {
  const { tables, locks } = session
  for (const { task, token } of decided.ended) {
    if (!isJobId(task.id)) continue
    await locks.wait(session, jobLock(task.id))
    const row = tables.tasks.get(task.id)
    if (row?.status === "running" && row.token === token) continue
    session.failure = new Aborted("moved on")
    throw session.failure
  }
}

/** Nobody may wait for it, so that it failed is for the commit to say. */
const holdRuns = async (session: Session, { session_id, runs }: Held): Promise<string> => {
  const { tables, locks } = session
  for (const { id } of runs) await locks.wait(session, runLock(id))
  const isOutdated = runs.some(({ id, revision }) => tables.runs.get(id)?.revision !== revision)
  if (isOutdated || tables.sessions.get(session_id)?.ended !== false) {
    session.failure = new Aborted("moved on")
    throw session.failure
  }
  tables.token += 1
  return String(tables.token)
}

const readTasks = async (session: Session, which: Parameters<Rows["tasks"]>[0]): Promise<TaskRow[]> => {
  const { tables, locks } = session
  if ("open_of" in which) {
    const isOpen = ({ status }: StoredTask) => (taskMoves.open as readonly string[]).includes(status)
    demand(session.held.has(runLock(which.open_of)), () => `${which.open_of} is read by who doesn't hold it`)
    return tasksOf(tables, which.open_of).filter(isOpen).map(copied)
  }
  const rows: TaskRow[] = []
  for (const id of [...new Set(which)].sort()) {
    if (isJobId(id)) {
      if (!tables.tasks.has(id)) continue
      await locks.wait(session, jobLock(id))
    }
    const task = tables.tasks.get(id)
    if (!task) continue
    const { run_id } = task
    if (run_id !== null) demand(session.held.has(runLock(run_id)), () => `${id} is read without its run`)
    rows.push(copied(task))
  }
  return rows
}

const copied = (task: StoredTask): StoredTask => ({ ...task })

const readPlans = ({ tables }: Session, ids: readonly string[]) =>
  ids.flatMap((id) => {
    const plan = tables.plans.get(id)
    return plan ? [{ id, plan }] : []
  })

const readSession = ({ tables }: Session, session_id: string): SessionRow | undefined => {
  const found = tables.sessions.get(session_id)
  if (!found || found.ended) return undefined
  tables.token += 1
  const { queues, workspace_id, takes, labels } = found
  return { queues, workspace_id, takes, labels, token: String(tables.token) }
}

const lockLimits = (session: Session, queues: Parameters<Rows["limits"]>[0]): readonly Limit[] => {
  const { tables, locks } = session
  return queues.flatMap(({ workspace_id, queue }) => {
    const key = queueKey(workspace_id, queue)
    const setting = tables.queues.get(key)
    if (!setting || setting.paused || !locks.take(session, queueLock(key))) return []
    const { concurrency } = setting
    const allowed = concurrency === null ? 1_000_000 : concurrency - runningIn(session, key)
    return [{ workspace_id, queue, allowed, wait_ms: 0 }]
  })
}

const runningIn = ({ tables }: Session, key: string): number => {
  let count = 0
  for (const claim of tables.claims.values()) {
    for (const task of runningUnder(tables, claim)) {
      if (queueKey(task.workspace_id, task.queue) === key) count += 1
    }
  }
  return count
}
