import { Problem } from "#kernel/problem/problem.ts"
import type { Archive } from "../archive.ts"
import { runs } from "../collections.ts"

type KnownRun = { readonly ended: boolean; readonly finished_at: string | undefined }

const look_ms = 250

type RunName = { readonly run_id: string; readonly workspace_id: string }

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

/**
 * A run may be asked for before its first event has come here. One that goes on will be told of; one that has ended is waited
 * for a while, for its lines may have been removed as well.
 */
export const awaitRun = async (archive: Archive, name: RunName, signal: AbortSignal): Promise<void> => {
  if (await findRun(archive, name)) return
  const { run_id, workspace_id } = name
  const status = await archive.askStatus(name)
  if (status === "open") return
  if (status === "none") throw noRun(run_id)
  const until_ms = performance.now() + archive.patience.unknown_ms
  while (performance.now() < until_ms && !signal.aborted) {
    const wait = { look_ms, wait_ms: Math.max(0, until_ms - performance.now()), signal }
    const moved = archive.moved.next({ run_id, scope: `known ${workspace_id}` }, wait)
    if (await findRun(archive, name)) {
      // Whoever waits for the same need not look.
      archive.moved.fire(run_id)
      return
    }
    await moved
  }
  throw noRun(run_id)
}

const noRun = (run_id: string): Problem =>
  new Problem("run.not_found", { detail: `There is no run ${run_id} in this workspace.` })
