import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { runNotFound } from "./not-found.ts"
import { readWholeRun } from "./read.ts"
import type { Run, TaskRun } from "./shape.ts"
import { withUntaken } from "./untaken.ts"

/** A run with its task runs; another workspace's is not there. */
export const showRun =
  (database: Database) =>
  (actor: Actor, run_id: string): Promise<Run & { tasks: readonly TaskRun[] }> => {
    allow(actor, "run.read")
    return database.run(async (sql) => {
      const run = await readWholeRun(sql, actor.workspace_id, run_id)
      if (!run) throw runNotFound(run_id)
      return { ...run, tasks: await withUntaken(sql, actor.workspace_id, run.tasks) }
    })
  }
