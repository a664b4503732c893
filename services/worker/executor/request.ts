import type { Outbound, Outgoing } from "#kernel/outbound/call.ts"
import { type Followed, follow } from "#kernel/outbound/follow.ts"
import { receive } from "#kernel/outbound/receive.ts"
import { CallError, shownUrl } from "#kernel/outbound/refusal.ts"
import { retryAfterMs } from "#kernel/outbound/retry-after.ts"
import { durationMs } from "#language/duration.ts"
import { asText } from "#language/expressions.ts"
import { type HttpSettings, httpSettings } from "#language/tasks/http.ts"
import { declaredEnvironment } from "../process/environment.ts"
import { answerOf } from "./answer.ts"
import type { Execution, Executor, Outcome, TaskError } from "./executor.ts"
import { type Failed, filledPayloadOf, stoppedBy, withExpressions } from "./payload.ts"

export type RequestOptions = { readonly outbound: Outbound; readonly now: () => Date }

const usual = { timeout_ms: 60_000, max_redirects: 5, max_response_bytes: 1024 * 1024 } as const

type Statuses = NonNullable<HttpSettings["expected_status"]>

const usual_expected: Statuses = ["2xx"]
const usual_retry: Statuses = [408, 425, 429, "5xx"]

/** Tasks of type `http`: one request, whose answer are the outputs. */
export const request =
  ({ outbound, now }: RequestOptions): Executor =>
  async (execution) => {
    const prepared = await withExpressions(() => prepare(execution))
    if ("ok" in prepared) return prepared
    const { outgoing, settings } = prepared
    const timeout_ms = durationMs(settings.timeout ?? "") ?? usual.timeout_ms
    const timeout = AbortSignal.timeout(timeout_ms)
    const signal = AbortSignal.any([execution.signal, timeout])
    const max_redirects = settings.max_redirects ?? usual.max_redirects
    const max_bytes = settings.max_response_bytes ?? usual.max_response_bytes
    const shown = `${outgoing.method} ${shownUrl(outgoing.url)}`
    await execution.write("system", shown)
    try {
      const followed = await follow(outbound, outgoing, { max_redirects, signal })
      const body = await receive(followed.response, max_bytes)
      await execution.write("system", `${statusOf(followed)}, ${body.length} bytes`)
      return judged({ ...followed, body, settings, shown, now: now() })
    } catch (error) {
      if (execution.signal.aborted) return stoppedBy(execution.signal)
      if (timeout.aborted)
        return failure("http.timeout", `${shown} took longer than ${timeout_ms / 1_000} s.`)
      if (error instanceof CallError)
        return { ...failure(error.code, error.message), non_retryable: error.non_retryable }
      return failure("http.broken", `${shown}: the answer broke off: ${String(error)}`)
    }
  }

const failure = (code: string, message: string): Failed => ({ ok: false, error: { code, message } })

const statusOf = ({ response: { status, statusText } }: Pick<Followed, "response">): string =>
  `${status} ${statusText}`.trim()

type Prepared = { readonly settings: HttpSettings; readonly outgoing: Outgoing }

const prepare = (execution: Execution): Prepared | Failed => {
  const filled = filledPayloadOf(httpSettings, execution, declaredEnvironment(execution))
  if (!filled.ok) return filled
  const settings = filled.payload
  const url = URL.parse(settings.url)
  if (!url) return invalid("url: is no url")
  for (const [name, value] of Object.entries(settings.query ?? {})) {
    if (value !== null) url.searchParams.append(name, asText(value))
  }
  const { body, content_type } = bodyOf(settings)
  const method = settings.method ?? (body === undefined ? "GET" : "POST")
  if (body !== undefined && (method === "GET" || method === "HEAD")) return invalid(`${method} takes no body`)
  const headers = headersOf(settings, url, content_type)
  return "ok" in headers ? headers : { settings, outgoing: { url, method, headers, body } }
}

const invalid = (fault: string): Failed => ({
  ok: false,
  non_retryable: true,
  error: { code: "payload.invalid", message: `The payload is not valid: ${fault}` },
})

const bodyOf = ({ json, form, body }: HttpSettings) => {
  if (json !== undefined) return { body: JSON.stringify(json), content_type: "application/json" }
  if (form === undefined) return { body, content_type: undefined }
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) if (value !== null) fields.append(name, asText(value))
  return { body: fields.toString(), content_type: "application/x-www-form-urlencoded" }
}

/** What the connection itself needs right. */
const reserved =
  /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|keep-alive|expect|proxy-.*)$/i

const headersOf = (settings: HttpSettings, url: URL, content_type: string | undefined): Headers | Failed => {
  const headers = new Headers({ accept: "*/*", "user-agent": "wf" })
  if (content_type !== undefined) headers.set("content-type", content_type)
  const { auth = fromUrl(url) } = settings
  if (auth) headers.set("authorization", authorization(auth))
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    if (reserved.test(name)) return invalid(`headers.${name}: is the connection's own`)
    try {
      if (value !== null) headers.set(name, asText(value))
    } catch {
      return invalid(`headers.${name.slice(0, 100)}: is no header`)
    }
  }
  return headers
}

type Auth = NonNullable<HttpSettings["auth"]>

const fromUrl = ({ username, password }: URL): Auth | undefined =>
  username === "" && password === ""
    ? undefined
    : { username: decodeURIComponent(username), password: decodeURIComponent(password) }

const authorization = (auth: Auth): string =>
  "bearer" in auth
    ? `Bearer ${auth.bearer}`
    : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`

const matches = (statuses: Statuses, status: number): boolean =>
  [statuses].flat().some((one) => one === status || one === `${Math.floor(status / 100)}xx`)

type Answered = Followed & {
  readonly body: Uint8Array
  readonly settings: HttpSettings
  readonly shown: string
  readonly now: Date
}

const max_said_chars = 300

const judged = ({ response, body, settings, shown, now }: Answered): Outcome => {
  const answer = answerOf(response, body)
  if (matches(settings.expected_status ?? usual_expected, response.status))
    return { ok: true, outputs: answer }
  const said = new TextDecoder().decode(body.subarray(0, max_said_chars)).replace(/\s+/g, " ").trim()
  const error: TaskError = {
    code: "http.status",
    message: `${shown} answered ${statusOf({ response })}${said === "" ? "" : `: ${said}`}`,
  }
  const is_temporary = matches(settings.retry_status ?? usual_retry, response.status)
  const wished = settings.retry_after === false ? null : response.headers.get("retry-after")
  const retry_after_ms = retryAfterMs(wished, now)
  return {
    ...{ ok: false, error, non_retryable: !is_temporary },
    ...(is_temporary && retry_after_ms !== undefined && { retry_after_ms }),
  }
}
