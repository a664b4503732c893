import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey } from "../store.ts"
import { readArtifact, type Which } from "./read.ts"

/** The bytes of a file, for a worker: it is believed about whose tasks it runs. */
export const fetchArtifact =
  ({ database, blob }: ArtifactStore) =>
  async (which: Which): Promise<ReadableStream<Uint8Array>> => {
    const artifact = await database.run((sql) => readArtifact(sql, which))
    const opened = artifact && (await blob.open(finalKey(artifact.id), undefined))
    if (opened) return opened.body
    const name = JSON.stringify(which.name).slice(0, 200)
    throw new Problem("artifact.not_found", { detail: `The run has no file ${name}.` })
  }
