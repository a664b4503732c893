import { durationMs } from "#language/duration.ts"
import { limits } from "#language/limits.ts"
import { isMapping } from "#language/mappings.ts"
import { maskAll, maskText } from "#language/mask/masker.ts"
import { payloadFault } from "#language/payload.ts"
import type { WorkResult } from "./api.ts"
import { NonRetryable, RetryLater } from "./errors.ts"

/** What a result says besides whose it is. */
export type Outcome = Pick<WorkResult, "outcome"> &
  Partial<Pick<WorkResult, "outputs" | "error" | "non_retryable" | "retry_after">>

export const failure = (code: string, message: string, non_retryable = false): Outcome => ({
  outcome: "failed",
  error: { code, message: message.toWellFormed().replaceAll("\0", "\uFFFD").slice(0, max_message_chars) },
  non_retryable,
})

const max_message_chars = 10_000

/** An object's fields are the outputs; anything else is the one output `result`, and nothing is none. */
export const completed = (value: unknown, forms: readonly string[]): Outcome => {
  const text = textOf(value)
  if (text === undefined) return failure("outputs.invalid", "What the function answered is no JSON.", true)
  const outputs = maskAll(JSON.parse(text), forms) as Record<string, unknown>
  const fault = payloadFault(outputs)
  if (fault !== undefined) return failure("outputs.invalid", `What the function answered ${fault}.`, true)
  const size_bytes = new TextEncoder().encode(JSON.stringify(outputs)).length
  if (size_bytes <= limits.max_outputs_bytes) return { outcome: "completed", outputs }
  const message = `The outputs have ${size_bytes} bytes, and at most ${limits.max_outputs_bytes} are kept: upload an artifact, and answer its name.`
  return failure("outputs.too_large", message, true)
}

const textOf = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(
      isMapping(value) ? value : { ...(value !== undefined && value !== null && { result: value }) },
    )
  } catch {
    // It goes round in circles, or has what JSON doesn't.
    return undefined
  }
}

/** What a function has thrown. An error's own `code` is kept. */
export const thrown = (error: unknown, forms: readonly string[]): Outcome => {
  const message = maskText(error instanceof Error ? error.message : String(error), forms)
  const failed = failure(codeOf(error), message === "" ? "The function failed." : message)
  if (error instanceof NonRetryable) return { ...failed, non_retryable: true }
  if (!(error instanceof RetryLater)) return failed
  return durationMs(error.retry_after) === undefined ? failed : { ...failed, retry_after: error.retry_after }
}

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return typeof code === "string" && /^[a-z0-9_.-]{1,100}$/.test(code) ? code : "function.failed"
}
