import { isFull } from "#kernel/documents/full.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Archive } from "../archive.ts"
import { logChunks } from "../collections.ts"
import { type Chunk, chunkId, type NewChunk } from "./chunk.ts"

const limits = { max_batch: 20, max_waiting: 500 }

/** A clock in microseconds that never stands still or goes back within this process. */
const arrivals = ({ now }: Kit) => {
  let last = 0
  return (): number => {
    last = Math.max(last + 1, now().getTime() * 1_000)
    return last
  }
}

const full =
  "The disk where the platform keeps logs is full. What is printed from here on waits until there is room."

/** Followers are told why nothing comes; whoever sends tries again, and holds back what is printed meanwhile. */
const stored = async (
  archive: Archive,
  chunks: readonly Chunk[],
  run_ids: readonly string[],
): Promise<void> => {
  try {
    await archive.documents.put(logChunks, chunks)
    archive.troubles.clear(run_ids)
  } catch (error) {
    if (!isFull(error)) throw error
    archive.troubles.note(run_ids, full)
    for (const run_id of run_ids) archive.moved.fire(run_id)
    throw new Problem("log.not_kept", { detail: full, cause: error })
  }
}

/** Stores chunks; resolves when the store has them. One that is there already is not stored twice. */
export const appendChunks = (archive: Archive): ((chunks: readonly NewChunk[]) => Promise<void>) => {
  const arrival = arrivals(archive.kit)
  const append = batcher<readonly NewChunk[], undefined>({
    ...limits,
    async flush(calls) {
      const documents = calls.flat().map((chunk): Chunk => {
        return { ...chunk, id: chunkId(chunk), version: 1, arrived: arrival() }
      })
      const run_ids = [...new Set(documents.map((document) => document.run_id))]
      await stored(archive, documents, run_ids)
      for (const run_id of run_ids) archive.moved.fire(run_id)
      return calls.map(() => undefined)
    },
  })
  return (chunks) => append(chunks)
}
