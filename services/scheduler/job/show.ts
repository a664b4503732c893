import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { readJob } from "./read.ts"
import type { Job } from "./shape.ts"

/** Another workspace's job is not there. */
export const showJob =
  (database: Database) =>
  async (actor: Actor, job_id: string): Promise<Job> => {
    allow(actor, "job.read")
    const job = await database.run((sql) => readJob(sql, actor.workspace_id, job_id))
    if (!job) throw jobNotFound(job_id)
    return job
  }

export const jobNotFound = (job_id: string): Problem =>
  new Problem("job.not_found", { detail: `There is no job ${job_id} in this workspace.` })
