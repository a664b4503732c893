import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { runNotFound } from "./not-found.ts"
import { readRun, readTaskRuns } from "./read.ts"
import type { TaskRun } from "./shape.ts"
import { withUntaken } from "./untaken.ts"

export type ListTaskRuns = {
  readonly run_id: string
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A page of a run's task runs, in the order of the plan. */
export const listTaskRuns =
  (database: Database) =>
  (actor: Actor, { run_id, limit, cursor = run_id }: ListTaskRuns): Promise<PageOf<TaskRun>> => {
    allow(actor, "run.read")
    return database.run(async (sql) => {
      const run = await readRun(sql, actor.workspace_id, run_id)
      if (!run) throw runNotFound(run_id)
      const tasks = await readTaskRuns(sql, run_id, { after: cursor, limit: limit + 1 })
      return pageOf(await withUntaken(sql, actor.workspace_id, tasks), limit, ({ id }) => id)
    })
  }
