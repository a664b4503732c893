import { lastTaskRunId } from "#language/run-id.ts"
import type { Archive } from "../archive.ts"
import { executions, logChunks, openExecutions, runs } from "../collections.ts"

/** A round's bounds: what it doesn't come to, the next one does. */
export const max_runs = 50
const max_chunks = 500
export const max_executions = 1_000

/** Of these runs logs, attempts and documents, in this order, as far as a round goes. */
export const removeRuns = async ({ documents }: Archive, run_ids: readonly string[]): Promise<void> => {
  const chunks = await documents.remove(logChunks, { run_id: { in: run_ids } }, max_chunks)
  // By its attempts, or by its document, a run is found again: they go when its log has gone.
  if (chunks === max_chunks) return
  let room = max_executions
  for (const run_id of run_ids) {
    const id = { gt: run_id, lt: lastTaskRunId(run_id) }
    for (const collection of [executions, openExecutions]) {
      if (room > 0) room -= await documents.remove(collection, { id }, room)
    }
  }
  if (room > 0) await documents.remove(runs, { id: { in: run_ids } }, run_ids.length)
}
