import type { z } from "zod"
import type { Execution, Outcome, TaskError } from "./executor.ts"

export type Failed = Extract<Outcome, { ok: false }>

type Checked<Payload> = { readonly ok: true; readonly payload: Payload } | Failed

/** What an inline function was given, or a failure that names each field; to try it again would not help. */
export const payloadOf = <Schema extends z.ZodType>(
  schema: Schema,
  { task }: Execution,
): Checked<z.infer<Schema>> => {
  const { success, data, error } = schema.safeParse(task.with ?? {})
  if (success) return { ok: true, payload: data }
  const faults = error.issues.map(({ path, message }) => `${path.join(".") || "payload"}: ${message}`)
  return {
    ok: false,
    non_retryable: true,
    error: { code: "payload.invalid", message: `The payload is not valid: ${faults.join("; ")}` },
  }
}

export const stoppedBy = (signal: AbortSignal): Failed => ({ ok: false, error: signal.reason as TaskError })
