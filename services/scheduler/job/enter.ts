import { list, type Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { enteringJob } from "../gate/gate.ts"
import { type Entered, passGates } from "../gate/pass.ts"
import { performIn } from "../step/perform.ts"

/** Brings jobs that are queued, but not in a lane, to the gates of their keys. Replayed ones wait, whatever they said. */
export const enterJobs = async (
  engine: Engine,
  sql: Sql,
  { ids, is_replay }: { readonly ids: readonly string[]; readonly is_replay: boolean },
): Promise<Entered> => {
  if (ids.length === 0) return new Map()
  const { answer } = await performIn(engine, sql, async (step) => {
    for (const task of await step.rows.tasks(ids)) {
      const entering = enteringJob(task)
      if (!entering || task.status !== "queued") continue
      step.decided.entering.push(is_replay ? { ...entering, on_conflict: "queue" } : entering)
    }
    return passGates(engine, step)
  })
  return answer
}

/** A job that is refused leaves no trace. */
export const removeJobs = async (sql: Sql, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`delete from scheduler.task_run where id = any(${list(ids)}::text::uuid[])`
}
