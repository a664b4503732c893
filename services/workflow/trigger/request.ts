import { Problem } from "#kernel/problem/problem.ts"
import { boundFaults } from "#language/bounds.ts"
import { describe } from "#language/fault.ts"

export type HookRequest = {
  readonly headers: Headers
  readonly query: URLSearchParams
  readonly body: Uint8Array
}

const max_headers = 50
const max_header_chars = 1_000
const max_query = 100

/** What a trigger's expressions read of a request. */
export const readRequest = ({ headers, query, body }: HookRequest, at: Date) => {
  const read = {
    body: readBody(body, headers.get("content-type") ?? ""),
    headers: safeHeaders(headers),
    query: Object.fromEntries([...query].slice(0, max_query)),
  }
  const [fault] = boundFaults(read)
  if (fault) {
    const { path, message } = describe(fault)
    throw new Problem("request.invalid", { errors: [{ path, message }], detail: `${path}: ${message}` })
  }
  return { type: "webhook", at: at.toISOString(), ...read }
}

/** JSON and forms as what they mean, nothing as null, and all else as text. */
const readBody = (body: Uint8Array, type: string): unknown => {
  if (body.length === 0) return null
  const text = readText(body)
  if (/^application\/x-www-form-urlencoded/i.test(type)) return Object.fromEntries(new URLSearchParams(text))
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem("request.malformed", { detail: "The body is no JSON.", cause: error })
  }
}

const readText = (body: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body)
  } catch (error) {
    throw new Problem("request.malformed", { detail: "The body is no UTF-8.", cause: error })
  }
}

const told = /^(?:content-type|user-agent|x-.+|webhook-.+|ce-.+)$/
/** Credentials, and what proxies add about the network they are in. */
const hidden =
  /auth|cookie|token|secret|signature|password|credential|session|jwt|api-?key|^x-(?:forwarded|envoy|real|request-id|wf-)/

/** What senders say about their request, without what proves who they are: runs and their inputs can be read. */
const safeHeaders = (headers: Headers): Readonly<Record<string, string>> => {
  const safe = [...headers].filter(([name]) => told.test(name) && !hidden.test(name))
  return Object.fromEntries(
    safe.slice(0, max_headers).map(([name, value]) => [name, value.slice(0, max_header_chars)]),
  )
}
