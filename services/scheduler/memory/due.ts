import { isRunId } from "#language/run-id.ts"
import type { Due } from "../timer/fire.ts"
import { runLock, timerLock } from "./changes.ts"
import type { Session } from "./database.ts"
import { since1970 } from "./tables.ts"

const max_timers = 500

/** The due timers whose runs are free; those are locked now. */
export const lockDue = async (session: Session): Promise<readonly Due[]> => {
  const { tables, locks, begun_ms } = session
  const due = await session.statement(() =>
    [...tables.timers.values()]
      .filter(({ due_ms }) => due_ms <= begun_ms)
      .sort((one, other) => one.due_ms - other.due_ms || Number(one.id) - Number(other.id))
      .filter(({ id }) => locks.take(session, timerLock(id)))
      .slice(0, max_timers)
      .map((timer) => ({ ...timer, due_ms: since1970(timer.due_ms) })),
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
