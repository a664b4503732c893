import { setTimeout as wait } from "node:timers/promises"
import { z } from "zod"
import type { Executor } from "./executor.ts"
import { payloadOf, stoppedBy } from "./payload.ts"

const max_sleep_ms = 86_400_000

const schema = z.looseObject({ ms: z.number().min(0).max(max_sleep_ms) })

export const sleep: Executor = async (execution) => {
  const given = payloadOf(schema, execution)
  if (!given.ok) return given
  const { signal } = execution
  const { ms } = given.payload
  await wait(ms, undefined, { signal }).catch(() => undefined)
  return signal.aborted ? stoppedBy(signal) : { ok: true, outputs: { slept_ms: ms } }
}
