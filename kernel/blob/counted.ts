import { createHash } from "node:crypto"
import { Problem } from "#kernel/problem/problem.ts"
import type { Stored } from "./blob.ts"

export type Counted = {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Known when all of it has been read. */
  stored(): Stored
}

/** Passes bytes on, counts and hashes them, and refuses more than there may be. */
export const counted = (body: AsyncIterable<Uint8Array>, max_bytes: number): Counted => {
  const hash = createHash("sha256")
  let size_bytes = 0
  async function* passing() {
    for await (const bytes of body) {
      size_bytes += bytes.length
      if (size_bytes > max_bytes) {
        throw new Problem("artifact.too_large", {
          detail: `At most ${max_bytes} bytes are stored as one file.`,
        })
      }
      hash.update(bytes)
      yield bytes
    }
  }
  return { bytes: passing(), stored: () => ({ size_bytes, sha256: hash.digest("hex") }) }
}
