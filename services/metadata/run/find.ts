import { Problem } from "#kernel/problem/problem.ts"
import { leastIdOf } from "#kernel/service/uuid.ts"
import type { Archive } from "../archive.ts"
import { runs } from "../collections.ts"
import type { RunName } from "./there.ts"

type KnownRun = { readonly ended: boolean; readonly finished_at: string | undefined }

/** Undefined when nothing was heard of it, or when it is another workspace's. */
export const findRun = async (
  archive: Archive,
  { run_id, workspace_id }: RunName,
): Promise<KnownRun | undefined> => {
  const where = { id: run_id, workspace_id }
  const [run] = await archive.look(runs, { where, order: [], limit: 1 })
  if (!run) return undefined
  const { status, finished_at } = run as unknown as { status: string; finished_at?: string }
  return { ended: status !== "running", finished_at }
}

/** A run may be asked for before its first event has come here, however late that is: then the scheduler knows of it. */
export const requireRun = async (archive: Archive, name: RunName): Promise<void> => {
  if (await findRun(archive, name)) return
  const { run_id } = name
  const isToCome = isYoung(run_id, archive.kit.now()) && (await archive.isThere(name))
  if (!isToCome)
    throw new Problem("run.not_found", { detail: `There is no run ${run_id} in this workspace.` })
}

const day_ms = 86_400_000

/** What is known of a run is kept for a day at least, so of a younger one it has yet to come; of an older one it was removed. */
const isYoung = (run_id: string, now: Date): boolean => run_id >= leastIdOf(now.getTime() - day_ms)
