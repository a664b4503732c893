import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import type { PageOf } from "#kernel/http/page.ts"
import type { JobStatus } from "./moves.ts"
import { readJobs } from "./read.ts"
import { searchJobs } from "./search.ts"
import type { Job } from "./shape.ts"

export type ListJobs = {
  readonly status?: JobStatus | undefined
  readonly type?: string | undefined
  readonly queue?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first: ids sort by time of creation. */
export const listJobs =
  (database: Database) =>
  async (actor: Actor, wanted: ListJobs): Promise<PageOf<Job>> => {
    allow(actor, "job.read")
    const { workspace_id } = actor
    return database.run(async (sql) => {
      const { ids, next_cursor } = await searchJobs(sql, { workspace_id, ...wanted })
      return { items: [...(await readJobs(sql, workspace_id, ids))], next_cursor }
    })
  }
