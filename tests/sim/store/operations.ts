import { defaults } from "#language/plan.ts"
import { isRunId } from "#language/run-id.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { unfoldRuns } from "#services/scheduler/run/begin.ts"
import type { Begun } from "#services/scheduler/run/start.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import { join, type Step } from "#services/scheduler/step/step.ts"
import type { Due } from "#services/scheduler/timer/fire.ts"
import { type Changes, changeTask, jobLock, runLock, timerLock } from "./changes.ts"
import type { Session } from "./database.ts"
import { insertReady } from "./save.ts"
import { insertTimer, type StoredTask } from "./tables.ts"
import { transactionIn } from "./transaction.ts"
import { saveWaits } from "./waits.ts"

const max_timers = 500

/** What `run/insert.ts` writes. */
export const insertBegun = (session: Session, step: Step, { start, run, tasks, kept }: Begun): void => {
  const rows = tasks.map((task): StoredTask => {
    const { id: reused_from = null, outputs = null } = kept.get(task.idx) ?? {}
    return { ...task, payload: null, outputs, reused_from, queued_ms: session.begun_ms, wait: null }
  })
  for (const row of rows) session.fresh.set(row.id, { ...row })
  const written = { ...run }
  session.writes.push((changes) => {
    const { tables, at_ms } = changes
    const { plan, plan_id, rerun } = start
    tables.plans.set(plan_id, plan)
    tables.runs.set(run.id, { ...written, rerun_of: rerun?.of ?? null })
    changes.runs.set(run.id, undefined)
    tables.tasks_of.set(
      run.id,
      tasks.map(({ id }) => id),
    )
    for (const row of rows) {
      tables.tasks.set(row.id, row)
      changes.tasks.set(row.id, undefined)
      if (row.status === "queued") insertReady(changes, row, at_ms)
    }
    if (plan.timeout_ms < defaults.run_timeout_ms) {
      const due_ms = at_ms + plan.timeout_ms
      insertTimer(tables, { due_ms, kind: "deadline", task_run_id: null, run_id: run.id })
    }
    saveWaits(changes, step)
    changes.facts.push(...step.decided.events)
    changes.emissions.push(...step.decided.emissions)
  })
}

/** What `run/begin.ts` does with new runs whose tasks have items; of them nothing is committed yet. */
export const unfoldBegun = async (
  session: Session,
  engine: Engine,
  { start, run, tasks }: Begun,
): Promise<void> => {
  await session.statement(() => session.locks.wait(session, runLock(run.id)))
  await performOn(engine, transactionIn(session), async (step) => {
    const own = { ...run }
    const copies = tasks.map((task) => ({ ...task }))
    step.runs.set(run.id, own)
    step.plans.set(run.plan_id, start.plan)
    join(step.tasks, copies)
    const open = copies.filter(({ status }) => status === "pending" || status === "queued")
    step.known.set(run.id, { run: own, open: new Map(open.map((task) => [task.id, task])) })
    await unfoldRuns(step, [own])
  })
}

export type NewJob = { readonly task: StoredTask; readonly delay_ms: number }

/** What `job/insert.ts` writes. */
export const insertJob = (session: Session, { task, delay_ms }: NewJob): void => {
  session.writes.push((changes) => {
    const { tables, at_ms } = changes
    const queue_timeout_ms = task.settings?.queue_timeout_ms ?? null
    const row: StoredTask = { ...task, status: delay_ms > 0 ? "pending" : "queued", queued_ms: at_ms }
    tables.tasks.set(task.id, row)
    changes.tasks.set(task.id, undefined)
    if (delay_ms > 0) {
      insertTimer(tables, { due_ms: at_ms + delay_ms, kind: "start", task_run_id: task.id, run_id: null })
    } else insertReady(changes, row, at_ms)
    if (queue_timeout_ms === null) return
    const due_ms = at_ms + delay_ms + queue_timeout_ms
    insertTimer(tables, { due_ms, kind: "expire", task_run_id: task.id, run_id: null })
  })
}

const unbegun: ReadonlySet<string> = new Set(["pending", "queued", "retrying"])

/** What `job/cancel.ts` does. Whether it is running, and is asked to stop. */
export const cancelJob = async (session: Session, id: string): Promise<boolean> => {
  const status = await session.statement(async () => {
    await session.locks.wait(session, jobLock(id))
    return session.tables.tasks.get(id)?.status
  })
  session.writes.push((changes) => {
    const row = changeTask(changes, id)
    if (status === "running") row.cancel = true
    else if (unbegun.has(status ?? "")) Object.assign(row, { status: "cancelled", reason: "cancelled" })
  })
  return status === "running"
}

/** What `dead-letter/replay.ts` does. The job, if this was the one that replayed it. */
export const replayDeadLetter = async (session: Session, id: string): Promise<StoredTask | undefined> => {
  const { tables, locks } = session
  const job = await session.statement(async () => {
    await locks.wait(session, `dead letter ${id}`)
    const letter = tables.dead_letters.get(id)
    if (!letter || letter.resolved) return undefined
    await locks.wait(session, jobLock(letter.job_id))
    return tables.tasks.get(letter.job_id)
  })
  if (!job) return undefined
  tables.token += 1
  const token = String(tables.token)
  const isDead = job.status === "dead_letter"
  session.writes.push((changes) => {
    const letter = tables.dead_letters.get(id)
    if (letter) letter.resolved = true
    if (isDead) requeue(changes, job.id, token)
  })
  return isDead ? job : undefined
}

const requeue = (changes: Changes, id: string, token: string): void => {
  const row = changeTask(changes, id)
  const fresh = { lost: 0, cancel: false, reason: null, outputs: null }
  Object.assign(row, { status: "queued", token, returned: row.attempt, ...fresh, queued_ms: changes.at_ms })
  changes.replayed.add(id)
  insertReady(changes, row, changes.at_ms)
  const limit_ms = row.settings?.queue_timeout_ms ?? null
  if (limit_ms === null) return
  const due_ms = changes.at_ms + limit_ms
  insertTimer(changes.tables, { due_ms, kind: "expire", task_run_id: id, run_id: null })
}

/** What `run/unblock.ts` does, in the transaction that resumes the run. */
export const unblockRun = (session: Session, run_id: string): void => {
  session.writes.push((changes) => {
    const { tables } = changes
    const freed = [...tables.blocked].filter(([, row]) => row.run_id === run_id)
    for (const [id] of freed.sort(([, one], [, other]) => one.seq - other.seq)) {
      tables.blocked.delete(id)
      changes.moved.add(id)
      const task = tables.tasks.get(id)
      if (task?.status === "queued") insertReady(changes, task, task.queued_ms)
    }
  })
}

/** The due timers whose runs are free; those are locked now. */
export const lockDue = async (session: Session): Promise<readonly Due[]> => {
  const { tables, locks, begun_ms } = session
  const due = await session.statement(() =>
    [...tables.timers.values()]
      .filter(({ due_ms }) => due_ms <= begun_ms)
      .sort((one, other) => one.due_ms - other.due_ms || Number(one.id) - Number(other.id))
      .filter(({ id }) => locks.take(session, timerLock(id)))
      .slice(0, max_timers),
  )
  const run_ids = new Set(due.flatMap(({ run_id }) => run_id ?? []))
  if (run_ids.size === 0) return due
  const free = await session.statement(
    () =>
      new Set(
        [...run_ids]
          .filter(isRunId)
          .sort()
          .filter((id) => locks.take(session, runLock(id))),
      ),
  )
  return due.filter(({ run_id }) => run_id === null || free.has(run_id))
}

export const removeTimers = (session: Session, due: readonly Due[]): void => {
  session.writes.push((changes) => {
    for (const { id } of due) {
      const timer = changes.tables.timers.get(id)
      if (timer) changes.timers.push(timer)
      if (timer?.task_run_id) changes.moved.add(timer.task_run_id)
      changes.tables.timers.delete(id)
    }
  })
}
