import { Problem } from "#kernel/problem/problem.ts"
import { isTooLarge, max_payload_bytes, payloadFault } from "#language/payload.ts"

/** Of all payloads of one run together, as they are written. */
export const max_payloads_chars = 4 * 1024 * 1024

/** A payload as it is written; refuses what no worker should get. */
export const payloadText = (payload: unknown, path: string): string => {
  const fault = payloadFault(payload)
  if (fault !== undefined) {
    const errors = [{ path, message: fault }]
    throw new Problem("request.invalid", { errors, detail: `${path}: ${fault}` })
  }
  const text = JSON.stringify(payload ?? null)
  if (isTooLarge(text)) {
    throw new Problem("request.too_large", { detail: `A payload has at most ${max_payload_bytes} bytes.` })
  }
  return text
}

export const tooLarge = (): Problem =>
  new Problem("request.too_large", {
    detail: `The payloads of one workflow have at most ${max_payloads_chars} characters together.`,
  })

/** The inputs of a run of steps. Names are told where the run's tasks had to be called otherwise. */
export const inputsText = (texts: readonly string[], names: readonly string[]): string => {
  const size = texts.reduce((sum, text) => sum + text.length, 0)
  if (size > max_payloads_chars) throw tooLarge()
  const given = new Set(names).size === names.length ? "" : `,"names":${JSON.stringify(names)}`
  return `{"payloads":[${texts.join(",")}]${given}}`
}
