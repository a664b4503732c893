import { call, type Outbound, type Outgoing } from "#kernel/outbound/call.ts"
import { CallError } from "#kernel/outbound/refusal.ts"
import { retryAfterMs } from "#kernel/outbound/retry-after.ts"
import { oneLine } from "../event/text.ts"
import type { Outcome } from "./outcome.ts"

const attempt_ms = 15_000
const max_response_bytes = 4_096
const max_said_chars = 500
const gone = 410

export type Posting = {
  readonly outbound: Outbound
  readonly now: Date
  readonly url: string
  /** What of the URL may be seen. */
  readonly shown: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The beginning of an answer, however long it is: the rest is not read. */
const readSome = async (response: Response): Promise<string> => {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= max_response_bytes) break
  }
  return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, max_response_bytes))
}

/** An answer may repeat what it was asked with. */
const masked = (text: string, { url, shown }: Posting): string => {
  const { pathname, search } = new URL(url)
  const secrets = [url, `${pathname}${search}`, search, shown.endsWith("…") ? pathname : ""]
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((left, secret) => left.replaceAll(secret, "***"), text)
}

const summaryOf = async (response: Response, posting: Posting): Promise<Record<string, unknown>> => {
  const body = await readSome(response).catch(() => "")
  return {
    status: response.status,
    content_type: response.headers.get("content-type"),
    body: oneLine(masked(body, posting), max_said_chars),
  }
}

/** One request, which follows nowhere: what a redirect points at gets nothing, and the subscription is to name it itself. */
export const post = async (posting: Posting): Promise<Outcome> => {
  const { outbound, url, shown, headers, body, now } = posting
  const signal = AbortSignal.timeout(attempt_ms)
  const sent = { "content-type": "application/json", "user-agent": "wf", accept: "*/*", ...headers }
  const request = { method: "POST", url: shown, headers: Object.keys(sent), bytes: Buffer.byteLength(body) }
  const outgoing: Outgoing = { url: new URL(url), method: "POST", headers: new Headers(sent), body }
  try {
    const response = await call(outbound, outgoing, signal)
    const summary = await summaryOf(response, posting)
    if (response.ok) return { delivered: true, request, response: summary, error: null }
    const retry_after_ms = retryAfterMs(response.headers.get("retry-after"), now)
    return {
      ...{ delivered: false, request, response: summary, error: told(response) },
      is_gone: response.status === gone,
      ...(retry_after_ms !== undefined && { retry_after_ms }),
    }
  } catch (error) {
    return { delivered: false, request, response: null, error: reasonOf(error, posting, signal) }
  }
}

const told = ({ status, headers }: Response): string =>
  headers.has("location")
    ? `It answered ${status}, a redirect, which isn't followed: give the address that it leads to.`
    : `It answered ${status}.`

const reasonOf = (error: unknown, posting: Posting, signal: AbortSignal): string => {
  if (signal.aborted) return `No answer came within ${attempt_ms / 1_000} s.`
  if (error instanceof CallError) return masked(error.message, posting)
  return masked(`The answer broke off: ${error instanceof Error ? error.message : String(error)}`, posting)
}
