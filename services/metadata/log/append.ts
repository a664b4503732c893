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

/** Stores chunks; resolves when the store has them. One that is there already is not stored twice. */
export const appendChunks = (archive: Archive): ((chunks: readonly NewChunk[]) => Promise<void>) => {
  const arrival = arrivals(archive.kit)
  const append = batcher<readonly NewChunk[], undefined>({
    ...limits,
    async flush(calls) {
      const documents = calls.flat().map((chunk): Chunk => {
        return { ...chunk, id: chunkId(chunk), version: 1, arrived: arrival() }
      })
      await archive.documents.put(logChunks, documents)
      for (const run_id of new Set(documents.map((document) => document.run_id))) archive.moved.fire(run_id)
      return calls.map(() => undefined)
    },
  })
  return (chunks) => append(chunks)
}
