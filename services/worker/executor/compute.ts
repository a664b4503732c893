import { z } from "zod"
import type { Executor } from "./executor.ts"
import { payloadOf, stoppedBy } from "./payload.ts"

const max_iterations = 1_000_000_000
const usual_iterations = 100_000

const schema = z.looseObject({ iterations: z.int().min(0).max(max_iterations).default(usual_iterations) })

/** Other work of this process gets its turn after this long. */
const max_slice_ms = 5
const between_looks = 4_096

/** Real work for a processor: a hash that each iteration mixes on. */
export const compute: Executor = async (execution) => {
  const given = payloadOf(schema, execution)
  if (!given.ok) return given
  const { iterations } = given.payload
  let hash = 0x811c9dc5
  let done = 0
  while (done < iterations) {
    const until_ms = performance.now() + max_slice_ms
    do {
      const end = Math.min(iterations, done + between_looks)
      for (; done < end; done += 1) hash = Math.imul(hash ^ (done & 0xff), 0x01000193)
    } while (done < iterations && performance.now() < until_ms)
    await new Promise((resolve) => setImmediate(resolve))
    if (execution.signal.aborted) return stoppedBy(execution.signal)
  }
  return { ok: true, outputs: { iterations, hash: (hash >>> 0).toString(16) } }
}
