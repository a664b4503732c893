import { z } from "zod"
import { type Environment, parseConfig } from "#kernel/config/config.ts"

const allowed = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, idempotency-key, last-event-id, range, traceparent, wf-workspace, x-checksum-sha256, x-request-id",
  "access-control-max-age": "600",
}
const exposed = {
  "access-control-expose-headers":
    "content-disposition, content-range, etag, retry-after, www-authenticate, x-checksum-sha256, x-request-id",
}

type Fetch = (request: Request) => Response | Promise<Response>

/** What of an answer lets a page of this origin read it. */
const originHeaders = (
  origins: readonly string[],
  origin: string | null,
): Readonly<Record<string, string>> => {
  const known = origin !== null && origins.includes(origin)
  return { vary: "origin", ...(known && { "access-control-allow-origin": origin, ...exposed }) }
}

/** A browser asks whether it may send something; it never comes with a credential. */
const isPreflight = ({ method, headers }: Request): boolean =>
  method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method")

/**
 * Lets pages of these origins read answers; without any of them, none. Nobody is known by a cookie that a page could send
 * along, so a page of another origin can't act for anybody either.
 */
export const withCors = (fetch: Fetch, origins: readonly string[]): Fetch => {
  if (origins.length === 0) return fetch
  return async (request) => {
    const own = originHeaders(origins, request.headers.get("origin"))
    if (isPreflight(request)) {
      const may = "access-control-allow-origin" in own
      return new Response(null, { status: 204, headers: { ...own, ...(may && allowed) } })
    }
    const answer = await fetch(request)
    for (const [name, value] of Object.entries(own)) answer.headers.append(name, value)
    return answer
  }
}

const origin = z
  .string()
  .refine(
    (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    "is no origin like https://app.example.com",
  )

/** Whose pages may read what the platform answers, separated by commas. */
export const originSettings = z.object({
  WF_WEB_ORIGIN: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((one) => one.trim() || []))
    .pipe(z.array(origin)),
})

export const originsIn = (environment: Environment): readonly string[] =>
  parseConfig(originSettings, environment).WF_WEB_ORIGIN
