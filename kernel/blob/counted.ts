import { createHash } from "node:crypto"
import { Problem } from "#kernel/problem/problem.ts"
import type { Expected, PutLimits, Stored } from "./blob.ts"

export type Counted = {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Known when all of it has been read. */
  stored(): Stored
}

/** Passes bytes on, counts and hashes them, and refuses more than there may be, or something else than was expected. */
export const counted = (
  body: AsyncIterable<Uint8Array>,
  { max_bytes, expected }: Pick<PutLimits, "max_bytes" | "expected">,
): Counted => {
  const hash = createHash("sha256")
  let size_bytes = 0
  let sha256 = ""
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
    sha256 = hash.digest("hex")
    if (expected) checkExpected(expected, { size_bytes, sha256 })
  }
  return { bytes: passing(), stored: () => ({ size_bytes, sha256 }) }
}

export const checkExpected = (expected: Expected, { size_bytes, sha256 }: Stored): void => {
  if (expected.size_bytes !== undefined && expected.size_bytes !== size_bytes) {
    throw new Problem("artifact.damaged", {
      detail: `It has ${size_bytes} bytes, not ${expected.size_bytes}.`,
    })
  }
  if (expected.sha256 !== undefined && expected.sha256 !== sha256) {
    throw new Problem("artifact.damaged", { detail: `Its SHA-256 is ${sha256}, not ${expected.sha256}.` })
  }
}
