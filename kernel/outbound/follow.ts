import { call, type Outbound, type Outgoing } from "./call.ts"
import { CallError, shownUrl } from "./refusal.ts"

export type Follow = { readonly max_redirects: number; readonly signal: AbortSignal }

export type Followed = { readonly response: Response; readonly url: URL }

/** Calls, and goes where the answers point; each hop is checked like the first. */
export const follow = async (
  outbound: Outbound,
  first: Outgoing,
  { max_redirects, signal }: Follow,
): Promise<Followed> => {
  let outgoing = first
  for (let hop = 0; hop <= max_redirects; hop += 1) {
    const response = await call(outbound, outgoing, signal)
    const location = response.headers.get("location")
    if (!redirects.has(response.status) || location === null || max_redirects === 0) {
      return { response, url: outgoing.url }
    }
    await response.body?.cancel()
    outgoing = redirected(outgoing, response.status, location)
  }
  const message = `${shownUrl(first.url)} redirects more than ${max_redirects} times.`
  throw new CallError("http.redirects", message, true)
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** What another host may be told about the request; all else may be meant for the first one alone. */
const harmless = new Set(["accept", "accept-language", "content-type", "user-agent"])

const redirected = (outgoing: Outgoing, status: number, location: string): Outgoing => {
  const { url: from, method, headers, body } = outgoing
  const url = URL.parse(location, from.href)
  if (!url) throw new CallError("http.redirects", `${shownUrl(from)} redirects to what is no url.`, true)
  const kept = new Headers(headers)
  if (!isSame(from, url)) {
    for (const name of [...headers.keys()]) if (!harmless.has(name)) kept.delete(name)
  }
  const becomes_get = status === 303 ? method !== "HEAD" : status < 303 && method === "POST"
  if (!becomes_get) return { url, method, headers: kept, body }
  kept.delete("content-type")
  return { url, method: "GET", headers: kept, body: undefined }
}

/** Also the same host that asks for its secure door. */
const isSame = (from: URL, to: URL): boolean =>
  from.origin === to.origin ||
  (from.protocol === "http:" && to.protocol === "https:" && from.hostname === to.hostname && to.port === "")
