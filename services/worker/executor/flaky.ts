import { z } from "zod"
import type { Executor } from "./executor.ts"
import { payloadOf } from "./payload.ts"

const schema = z.looseObject({ failure_rate: z.number().min(0).max(1) })

/** Fails by chance, and may be tried again: for trying retries and dead letters. */
export const flaky =
  (random: () => number): Executor =>
  async (execution) => {
    const given = payloadOf(schema, execution)
    if (!given.ok) return given
    if (random() >= given.payload.failure_rate) return { ok: true, outputs: { ok: true } }
    return { ok: false, error: { code: "flaky.failed", message: "It failed by chance, as it was asked to." } }
  }
