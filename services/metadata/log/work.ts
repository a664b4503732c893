import type { Archive } from "../archive.ts"
import { runs } from "../collections.ts"
import type { Chunk } from "./chunk.ts"

/** Keeps the chunks of runs of a workflow. What is known of a run is asked for once. */
export const worksOf = ({ documents }: Archive, workflow: string | undefined) => {
  const known = new Map<string, unknown>()
  return async (chunks: readonly Chunk[]): Promise<readonly Chunk[]> => {
    if (workflow === undefined || chunks.length === 0) return chunks
    const unknown = [...new Set(chunks.map(({ run_id }) => run_id))].filter((id) => !known.has(id))
    const where = { id: { in: unknown } }
    const found =
      unknown.length === 0 ? [] : await documents.find(runs, { where, order: [], limit: unknown.length })
    for (const id of unknown) known.set(id, undefined)
    for (const run of found) known.set(run.id, run.workflow)
    return chunks.filter(({ run_id }) => known.get(run_id) === workflow)
  }
}
