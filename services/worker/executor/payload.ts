import type { z } from "zod"
import { ExpressionError, interpolate } from "#language/expressions.ts"
import type { Execution, Outcome, TaskError } from "./executor.ts"

export type Failed = Extract<Outcome, { ok: false }>

type Checked<Payload> = { readonly ok: true; readonly payload: Payload } | Failed

/** What an inline function was given, or a failure that names each field; to try it again would not help. */
export const payloadOf = <Schema extends z.ZodType>(
  schema: Schema,
  { task }: Pick<Execution, "task">,
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

/** A failed expression would fail again. */
export const withExpressions = async <Prepared>(
  prepare: () => Prepared | Promise<Prepared>,
): Promise<Prepared | Failed> => {
  try {
    return await prepare()
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `An expression of this task failed: ${error.message}`
    return { ok: false, error: { code: "expression.failed", message }, non_retryable: true }
  }
}

/** The same as `payloadOf`, with the values of expressions in their places. */
export const filledPayloadOf = <Schema extends z.ZodType>(
  schema: Schema,
  { task, context }: Execution,
  env: Readonly<Record<string, string>>,
): Checked<z.infer<Schema>> => {
  const filled = interpolate(task.with, { ...context, env }) as Execution["task"]["with"]
  return payloadOf(schema, { task: { ...task, with: filled } })
}

export const stoppedBy = (signal: AbortSignal): Failed => ({ ok: false, error: signal.reason as TaskError })
