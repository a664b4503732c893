import { isJobId, runOf } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executions, runs } from "../collections.ts"
import { max_executions, max_runs, removeRuns } from "./remove.ts"
import { keepingOf, listKeepings } from "./setting.ts"

const day_ms = 86_400_000

type Ended = { readonly id: string; readonly status: string; readonly finished_at?: string }

/** Where a pass through what is old enough in a workspace stands: what can't be removed yet is passed over once. */
type Pass = { workspace_id: string; at: number }

/** Whether there is more to remove, or to look at, in this workspace. */
const cleanOne = async (archive: Archive, pass: Pass, before_ms: number): Promise<boolean> => {
  const { documents } = archive
  const found = await documents.find(executions, {
    where: { workspace_id: pass.workspace_id, at: { gte: pass.at, lt: before_ms } },
    order: [["at", "asc"]],
    limit: max_executions,
    fields_only: true,
  })
  const jobs = found.filter(({ id }) => isJobId(taskRunOf(id))).map(({ id }) => id)
  if (jobs.length > 0) await documents.remove(executions, { id: { in: jobs } }, jobs.length)
  const run_ids = [
    ...new Set(
      found
        .map(({ id }) => taskRunOf(id))
        .filter((id) => !isJobId(id))
        .map(runOf),
    ),
  ]
  const removable = await longEnded(archive, run_ids, before_ms)
  if (removable.length > 0) await removeRuns(archive, removable.slice(0, max_runs))
  const is_stuck = removable.length === 0 && jobs.length === 0
  const last = Number(found.at(-1)?.at ?? before_ms)
  // More of the same time than a round takes must not keep it here for ever.
  if (is_stuck) pass.at = Math.max(last, pass.at + (found.length === max_executions ? 1 : 0))
  return found.length === max_executions || removable.length > 0
}

const taskRunOf = (id: string): string => id.slice(0, id.indexOf(":"))

const longEnded = async (
  { documents }: Archive,
  run_ids: readonly string[],
  before_ms: number,
): Promise<readonly string[]> => {
  if (run_ids.length === 0) return []
  const where = { id: { in: run_ids } }
  const found = (await documents.find(runs, {
    where,
    order: [["id", "asc"]],
    limit: run_ids.length,
  })) as unknown as Ended[]
  const known = new Map(found.map((run) => [run.id, run]))
  return run_ids.filter((id) => {
    const run = known.get(id)
    // Without its document a run has been removed, but for this.
    return !run || (run.status !== "running" && Date.parse(run.finished_at ?? "") < before_ms)
  })
}

/** Workspaces that keep less than the platform does: one after the other, a bounded batch a round. */
export const cleanWorkspaces = (archive: Archive) => {
  let pass: Pass | undefined
  return async (): Promise<boolean> => {
    const [first] = pass === undefined ? await listKeepings(archive, "", 1) : []
    pass ??= first && { workspace_id: first.id, at: 0 }
    if (pass === undefined) return false
    const days = await ownDays(archive, pass.workspace_id)
    const before_ms = archive.kit.now().getTime() - (days ?? 0) * day_ms
    if (days !== undefined && (await cleanOne(archive, pass, before_ms))) return true
    const [next] = await listKeepings(archive, pass.workspace_id, 1)
    pass = next && { workspace_id: next.id, at: 0 }
    return next !== undefined
  }
}

/** Undefined where the platform keeps nothing for longer anyway. */
const ownDays = async (archive: Archive, workspace_id: string): Promise<number | undefined> => {
  const days = (await keepingOf(archive, workspace_id))?.keep_days ?? archive.max_keep_days
  return days < archive.max_keep_days ? days : undefined
}
