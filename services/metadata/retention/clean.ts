import { leastIdOf } from "#kernel/service/uuid.ts"
import { isJobId } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executions, logChunks, runs } from "../collections.ts"

/** A round's bounds: what it doesn't come to, the next one does. */
const max_runs = 50
const max_chunks = 500
const max_executions = 1_000

const day_ms = 86_400_000
const ended = ["completed", "failed", "cancelled"]

/**
 * Removes the logs and attempts of runs that were made long ago and have ended, and the attempts of old jobs: a bounded
 * batch a round. Ids sort by the time of their making, so the oldest are found first. A run's own document goes last, so
 * that what is left of it is found again.
 */
export const cleanArchive = (archive: Archive, keep_days: number) => {
  // Where the last round stopped: what belongs to runs that go on is passed over once, and not each time.
  let from = ""
  return async (): Promise<boolean> => {
    const before = leastIdOf(Math.max(0, archive.kit.now().getTime() - keep_days * day_ms))
    const more_runs = await removeRuns(archive, before)
    const jobs = await removeJobs(archive, from, before)
    from = jobs.last ?? ""
    return more_runs || jobs.last !== undefined
  }
}

/** Whether there is more to remove. */
const removeRuns = async ({ documents }: Archive, before: string): Promise<boolean> => {
  const where = { id: { lt: before }, status: { in: ended } }
  const old = await documents.find(runs, {
    where,
    order: [["id", "asc"]],
    limit: max_runs,
    fields_only: true,
  })
  if (old.length === 0) return false
  const ids = { in: old.map(({ id }) => id) }
  const chunks = await documents.remove(logChunks, { run_id: ids }, max_chunks)
  const attempts = await documents.remove(executions, { run_id: ids }, max_executions)
  if (chunks < max_chunks && attempts < max_executions) await documents.remove(runs, { id: ids }, max_runs)
  return true
}

type Passed = { readonly last: string | undefined }

/** Attempts of jobs, which have no run. */
const removeJobs = async ({ documents }: Archive, from: string, before: string): Promise<Passed> => {
  const found = await documents.find(executions, {
    where: { id: { gt: from, lt: before } },
    order: [["id", "asc"]],
    limit: max_executions,
    fields_only: true,
  })
  const ids = found.filter(({ task_run_id }) => isJobId(String(task_run_id))).map(({ id }) => id)
  if (ids.length > 0) await documents.remove(executions, { id: { in: ids } }, ids.length)
  return { last: found.length === max_executions ? found.at(-1)?.id : undefined }
}
