import { type ProblemLike, WfProblem, WfUnreachable } from "./problem.ts"

export type ClientOptions = {
  readonly url: string
  /** An API token or access token. */
  readonly token?: string
  /** The slug of one of the caller's workspaces; the token's own when left out. */
  readonly workspace?: string
  readonly fetch?: (request: Request) => Promise<Response>
  /** Of one request that is not a stream. Default 30 s. */
  readonly timeout_ms?: number
}

export type Call = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD"
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
  /** The answer's JSON. */
  json<Answer>(call: Call): Promise<Answer>
  /** The answer itself, refusals thrown. */
  send(call: Call): Promise<Response>
}

const default_timeout_ms = 30_000
const max_tries = 4
const first_wait_ms = 100

/** Who asks for a longer pause is told to the caller instead. */
const max_wait_ms = 30_000

/** Safe to send again: it reads, or it carries a key that makes the second one harmless. */
const isRepeatable = (call: Call): boolean =>
  call.method === undefined || call.method === "GET" || call.headers?.["idempotency-key"] !== undefined

const retry_statuses: ReadonlySet<number> = new Set([429, 502, 503, 504])

const wait = (wait_ms: number) => new Promise<void>((resolve) => setTimeout(resolve, wait_ms))

/** Anything may stand at an address: what isn't an object of ours is nothing. */
const objectFrom = async (response: Response): Promise<Record<string, unknown> | undefined> => {
  const text = await response.text()
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const problemFrom = async (response: Response): Promise<WfProblem> => {
  const { status } = response
  const body = await objectFrom(response)
  const isProblem = typeof body?.code === "string" && typeof body.title === "string"
  return isProblem
    ? new WfProblem({ ...(body as Omit<ProblemLike, "status">), status })
    : new WfProblem({ status, detail: `The server answered ${status}.` })
}

const answerFrom = async (response: Response, call: Call, base: string): Promise<object> => {
  const answer = await objectFrom(response).catch((error: unknown) => {
    throw call.signal?.aborted ? error : new WfUnreachable(base, error)
  })
  if (answer) return answer
  throw new WfProblem({
    status: response.status,
    code: "answer.unreadable",
    title: "The answer is not the platform's",
    detail: `What answers at ${base} is not the platform, or something stands between.`,
    next: "Check the address.",
  })
}

export const createTransport = (options: ClientOptions): Transport => {
  const base = options.url.replace(/\/+$/, "")
  const send = options.fetch ?? ((request: Request) => fetch(request))

  const requestOf = (call: Call): Request => {
    const url = new URL(`${base}${call.path}`)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers = new Headers(call.headers)
    if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
    if (options.workspace !== undefined) headers.set("wf-workspace", options.workspace)
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

  const once = async (call: Call): Promise<Response> => {
    try {
      return await send(requestOf(call))
    } catch (error) {
      if (call.signal?.aborted) throw error
      throw new WfUnreachable(base, error)
    }
  }

  const answered = async (call: Call): Promise<Response> => {
    let wait_ms = first_wait_ms
    for (let tries = 1; ; tries += 1) {
      const response = await once(call)
      const again = retry_statuses.has(response.status) && isRepeatable(call) && tries < max_tries
      const asked_ms = Number(response.headers.get("retry-after") ?? 0) * 1000
      if (!again || asked_ms > max_wait_ms) return response
      await wait(Math.max(wait_ms, asked_ms || 0))
      wait_ms *= 2
    }
  }

  return {
    async send(call) {
      const response = await answered(call)
      if (!response.ok) throw await problemFrom(response)
      return response
    },
    async json<Answer>(call: Call) {
      const response = await answered(call)
      if (!response.ok) throw await problemFrom(response)
      if (response.status === 204) return undefined as Answer
      return (await answerFrom(response, call, base)) as Answer
    },
  }
}
