import { type Changes, changeTask, jobLock } from "#services/scheduler/memory/changes.ts"
import type { Session } from "#services/scheduler/memory/database.ts"
import { dropReady, insertReady } from "#services/scheduler/memory/save.ts"
import { epoch_ms, insertTimer, type StoredTask, since1970 } from "#services/scheduler/memory/tables.ts"

export type NewJob = { readonly task: StoredTask; readonly delay_ms: number }

/** What `job/insert.ts` writes. */
export const insertJob = (session: Session, { task, delay_ms }: NewJob): void => {
  session.writes.push((changes) => {
    const { tables, at_ms } = changes
    const queue_timeout_ms = task.settings?.queue_timeout_ms ?? null
    const row: StoredTask = { ...task, status: delay_ms > 0 ? "pending" : "queued" }
    if (delay_ms === 0) row.queued_ms = since1970(at_ms)
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
    else if (unbegun.has(status ?? "")) {
      Object.assign(row, { status: "cancelled", reason: "cancelled" })
      dropReady(changes, row)
    }
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
  Object.assign(row, {
    status: "queued",
    token,
    returned: row.attempt,
    ...fresh,
    queued_ms: since1970(changes.at_ms),
  })
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
    for (const [id] of freed.sort(([one], [other]) => (one < other ? -1 : 1))) {
      tables.blocked.delete(id)
      changes.moved.add(id)
      const task = tables.tasks.get(id)
      if (task?.status === "queued") insertReady(changes, task, task.queued_ms - epoch_ms)
    }
  })
}
