import { leastIdOf } from "#kernel/service/uuid.ts"
import { isJobId } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executionMarks, executions, runs } from "../collections.ts"
import { weekOf } from "../execution/mark.ts"
import { cleanWorkspaces } from "./of-workspace.ts"
import { max_executions, max_runs, removeRuns } from "./remove.ts"

const max_marks = 1_000
const day_ms = 86_400_000
const ended = ["completed", "failed", "cancelled"]

/**
 * Removes the logs and attempts of runs that were made long ago and have ended, and the attempts of old jobs: a bounded
 * batch a round. Ids sort by the time of their making, so the oldest are found first.
 */
export const cleanArchive = (archive: Archive) => {
  // Where the last round stopped: what belongs to runs that go on is passed over once, and not each time.
  let from = ""
  const inWorkspaces = cleanWorkspaces(archive)
  return async (): Promise<boolean> => {
    const { max_keep_days, kit } = archive
    const now_ms = kit.now().getTime()
    const before = leastIdOf(Math.max(0, now_ms - max_keep_days * day_ms))
    const more_runs = await cleanRuns(archive, before)
    const jobs = await removeJobs(archive, from, before)
    from = jobs.last ?? ""
    // What belongs to runs that go on for long is found by its marks for as long again.
    const more_marks = await removeMarks(archive, Math.max(0, now_ms - 2 * max_keep_days * day_ms))
    const more_elsewhere = await inWorkspaces()
    return more_runs || jobs.last !== undefined || more_marks || more_elsewhere
  }
}

/** Whether there is more to remove. */
const cleanRuns = async (archive: Archive, before: string): Promise<boolean> => {
  const where = { id: { lt: before }, status: { in: ended } }
  const query = { where, order: [["id", "asc"]] as const, limit: max_runs, fields_only: true }
  const old = await archive.documents.find(runs, query)
  if (old.length === 0) return false
  await removeRuns(
    archive,
    old.map(({ id }) => id),
  )
  return true
}

const removeMarks = async ({ documents }: Archive, before_ms: number): Promise<boolean> => {
  const where = { id: { lt: weekOf(before_ms) } }
  return (await documents.remove(executionMarks, where, max_marks)) === max_marks
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
  const ids = found.filter(({ id }) => isJobId(id.slice(0, id.indexOf(":")))).map(({ id }) => id)
  if (ids.length > 0) await documents.remove(executions, { id: { in: ids } }, ids.length)
  return { last: found.length === max_executions ? found.at(-1)?.id : undefined }
}
