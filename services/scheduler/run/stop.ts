import { list, type Sql } from "#kernel/database/database.ts"
import { lastTaskRunId, taskRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { gatherFacts } from "../task/facts.ts"
import { taskMoves } from "../task/moves.ts"
import { countEnded, endRuns, type LockedRun, writeRuns } from "./lock.ts"
import { runMoves } from "./moves.ts"

/**
 * Ends what of these runs has not begun, and asks what runs to stop; a run ends with the last of its tasks. The
 * caller holds the runs locked. Those that have ended, or are being stopped already, are left as they are.
 */
export const stopRuns = async (
  engine: Engine,
  sql: Sql,
  { runs, reason }: { readonly runs: readonly LockedRun[]; readonly reason: "cancelled" | "timeout" },
): Promise<void> => {
  const stopping = runs.filter((run) => runMoves.open.includes(run.status) && run.reason === null)
  if (stopping.length === 0) return
  const facts = gatherFacts(engine.kit)
  for (const run of stopping) {
    run.reason = reason
    for (const task of await cancelUnbegun(sql, run)) {
      run.open -= 1
      facts.cancelled(task, run)
    }
    await askToStop(sql, run)
  }
  endRuns(stopping, facts)
  await writeRuns(sql, stopping)
  countEnded(engine.ended, sql, stopping)
  await facts.publish(sql)
  sql.afterCommit(() => engine.moved.fire())
  sql.afterCommit(() => engine.stopped.fire())
}

/** What is claimed has to be ended by its worker first. */
const unbegun = taskMoves.from("cancel").filter((status) => status !== "running")

export type CancelledTask = { readonly id: string; readonly task: string; readonly attempt: number }

const cancelUnbegun = (sql: Sql, { id, reason }: LockedRun) =>
  sql<CancelledTask>`
    update scheduler.task_run set status = 'cancelled', reason = ${reason}, finished_at = now()
    where id between ${taskRunId(id, 0)}::text::uuid and ${lastTaskRunId(id)}::text::uuid
      and status = any(${list(unbegun)}::text::text[])
    returning id, task, attempt`

const askToStop = (sql: Sql, { id }: LockedRun) =>
  sql`
    update scheduler.task_run set cancel = true
    where id between ${taskRunId(id, 0)}::text::uuid and ${lastTaskRunId(id)}::text::uuid and status = 'running'`
