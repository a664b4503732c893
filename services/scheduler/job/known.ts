import type { TaskRow } from "../step/rows.ts"

/**
 * Jobs as this process has given them to workers. Who takes one out and ends it on no more than this has the database say
 * whether it was so still.
 */
export type KnownJobs = {
  peek(id: string): TaskRow | undefined
  take(id: string): void
  keep(job: TaskRow): void
}

const max_jobs = 5_000

export const createKnownJobs = (): KnownJobs => {
  const kept = new Map<string, TaskRow>()
  return {
    peek: (id) => kept.get(id),
    take(id) {
      kept.delete(id)
    },
    keep(job) {
      const oldest = kept.keys().next()
      if (kept.size >= max_jobs && !oldest.done) kept.delete(oldest.value)
      kept.set(job.id, job)
    },
  }
}
