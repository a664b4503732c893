import { answerFrom, problemFrom } from "./answer.ts"
import { either, rest } from "./follow.ts"
import { WfUnreachable } from "./problem.ts"

export type ClientOptions = {
  readonly url: string
  /** An API token or access token. */
  readonly token?: string
  /** The slug of one of the caller's workspaces; the token's own when left out. */
  readonly workspace?: string
  /** What the platform calls this client where it lists sessions; not where a browser says it. */
  readonly user_agent?: string
  readonly fetch?: (request: Request) => Promise<Response>
  /** Of one request that is not a stream. Default 30 s. */
  readonly timeout_ms?: number
  /** Gives up whatever is asked, and whatever is followed. */
  readonly signal?: AbortSignal
}

export type Call = {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD"
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly json?: unknown
  readonly body?: ReadableStream<Uint8Array> | Uint8Array | globalThis.Blob
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Answers before its end is known, so no deadline applies to it. */
  readonly stream?: boolean
}

/** One place where requests are made: address, credentials, deadline, retries and errors. */
export type Transport = {
  /** Gives up all that it is asked for. */
  readonly signal: AbortSignal | undefined
  /** The answer's JSON. */
  json<Answer>(call: Call): Promise<Answer>
  /** The answer itself, refusals thrown. */
  send(call: Call): Promise<Response>
}

const default_timeout_ms = 30_000
const max_tries = 4
const first_wait_ms = 100

/** Safe to send again: it reads, or it carries a key that makes the second one harmless. */
const isRepeatable = (call: Call): boolean =>
  call.method === undefined || call.method === "GET" || call.headers?.["idempotency-key"] !== undefined

const retry_statuses: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Who is to wait longer is told so rather than made to wait. */
const max_wait_ms = 30_000

/** What `Retry-After` asks for, in seconds. */
const askedMs = (response: Response | undefined): number => {
  const asked_ms = Number(response?.headers.get("retry-after") ?? 0) * 1000
  return Number.isNaN(asked_ms) ? 0 : Math.max(asked_ms, 0)
}

/** A connection that broke may have been a server that restarts; who took too long would do so again. */
const isBroken = (error: unknown): boolean =>
  !(error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError"))

const requestOf = (call: Call, options: ClientOptions, base: string): Request => {
  const url = new URL(`${base}${call.path}`)
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers = new Headers(call.headers)
  if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
  if (options.workspace !== undefined) headers.set("wf-workspace", options.workspace)
  if (options.user_agent !== undefined) headers.set("user-agent", options.user_agent)
  if (call.json !== undefined) headers.set("content-type", "application/json")
  const body = call.json === undefined ? call.body : JSON.stringify(call.json)
  const deadline = AbortSignal.timeout(options.timeout_ms ?? default_timeout_ms)
  const signals = [...(call.signal ? [call.signal] : []), ...(call.stream ? [] : [deadline])]
  const init: RequestInit & { duplex?: "half" } = {
    method: call.method ?? "GET",
    headers,
    signal: AbortSignal.any(signals),
  }
  if (body !== undefined) Object.assign(init, { body, duplex: "half" })
  return new Request(url, init)
}

const transports = new WeakMap<object, Transport>()

/** So that what is given a client can speak to the same platform in the same way. */
export const rememberTransport = (client: object, transport: Transport): void => {
  transports.set(client, transport)
}

export const transportOf = (client: object): Transport => {
  const transport = transports.get(client)
  if (transport) return transport
  throw new TypeError("`client` takes what `createClient` has made")
}

export const createTransport = (options: ClientOptions): Transport => {
  const base = options.url.replace(/\/+$/, "")
  const send = options.fetch ?? ((request: Request) => fetch(request))

  const withSignal = (call: Call): Call => {
    const signal = either(options.signal, call.signal)
    return { ...call, ...(signal && { signal }) }
  }

  const once = async (call: Call): Promise<Response> => {
    try {
      return await send(requestOf(call, options, base))
    } catch (error) {
      if (call.signal?.aborted) throw error
      throw new WfUnreachable(base, error)
    }
  }

  const answered = async (asked: Call): Promise<Response> => {
    const call = withSignal(asked)
    let wait_ms = first_wait_ms
    for (let tries = 1; ; tries += 1) {
      const last = tries === max_tries || !isRepeatable(call)
      const response = await once(call).catch((error: unknown): undefined => {
        if (last || call.stream || !(error instanceof WfUnreachable && isBroken(error.cause))) throw error
      })
      const asked_ms = askedMs(response)
      const refused = response && retry_statuses.has(response.status)
      if (response && (last || !refused || asked_ms > max_wait_ms)) return response
      await response?.body?.cancel()
      await rest(Math.max(wait_ms, asked_ms), call.signal)
      wait_ms *= 2
    }
  }

  return {
    signal: options.signal,
    async send(call) {
      const response = await answered(call)
      if (!response.ok) throw await problemFrom(response)
      return response
    },
    async json<Answer>(call: Call) {
      const response = await answered(call)
      if (!response.ok) throw await problemFrom(response)
      if (response.status === 204) return undefined as Answer
      return (await answerFrom(response, { base, signal: either(options.signal, call.signal) })) as Answer
    },
  }
}
