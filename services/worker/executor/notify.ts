import { z } from "zod"
import type { Executor } from "./executor.ts"
import { payloadOf } from "./payload.ts"

const max_message_chars = 65_536

const schema = z.looseObject({ message: z.string().min(1).max(max_message_chars) })

/** Writes the message to the job's log; it never leaves the machine. */
export const notify: Executor = async (execution) => {
  const given = payloadOf(schema, execution)
  if (!given.ok) return given
  for (const line of given.payload.message.split("\n")) await execution.write("stdout", line)
  return { ok: true, outputs: { ok: true } }
}
