import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import type { Policy } from "./policy.ts"
import { CallError, shownUrl } from "./refusal.ts"

export type Outgoing = {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: string | undefined
}

/** What a host's name stands for at this moment. */
export type Resolve = (host: string) => Promise<readonly string[]>

export const resolveByDns: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

export type Outbound = { readonly policy: Policy; readonly resolve: Resolve }

/**
 * Calls exactly the address that was checked: between a check and a connection by name, the name could come to stand
 * for another one. Certificates are still checked against the name.
 */
export const call = async (
  outbound: Outbound,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Response> => {
  const { url } = outgoing
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new CallError(
      "http.refused",
      `${url.protocol}// can't be called: only http:// and https:// can.`,
      true,
    )
  }
  const addresses = await checked(outbound, url, signal)
  for (const [index, address] of addresses.entries()) {
    try {
      return await connect(outgoing, address, signal)
    } catch (error) {
      if (signal.aborted) throw error
      // Nothing was sent yet, so another address of the same host may be tried.
      if (index < addresses.length - 1 && isUnreached(error)) continue
      throw new CallError("http.unreachable", `${shownUrl(url)} could not be reached: ${reasonOf(error)}`)
    }
  }
  throw new CallError("http.unreachable", `${url.hostname} has no address.`)
}

const hostOf = ({ hostname }: URL): string =>
  hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.replace(/\.$/, "").toLowerCase()

const checked = async (
  { policy, resolve }: Outbound,
  url: URL,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const host = hostOf(url)
  if (!policy.allowsHost(host)) {
    const message = `Only the hosts of ${policy.settings.only} are called, and ${host} is none of them.`
    throw new CallError("http.refused", message, true)
  }
  const addresses = isIP(host) === 0 ? await resolved(resolve, host, signal) : [host]
  const refused = addresses.find((address) => !policy.allowsAddress(host, address))
  if (refused === undefined) return addresses
  const at = refused === host ? host : `${host} (${refused})`
  const message = `${at} is not a public address, and no other is called: whoever runs the platform can allow it with ${policy.settings.allow}=${host}.`
  throw new CallError("http.refused", message, true)
}

const resolved = async (resolve: Resolve, host: string, signal: AbortSignal): Promise<readonly string[]> => {
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener("abort", stop)
  try {
    return await Promise.race([resolve(host), stopped.promise])
  } catch (error) {
    if (signal.aborted) throw error
    throw new CallError("http.unreachable", `The host ${host} is not known: ${reasonOf(error)}`)
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

const connect = ({ url, method, headers, body }: Outgoing, address: string, signal: AbortSignal) => {
  const target = new URL(url)
  target.username = ""
  target.password = ""
  target.hash = ""
  target.hostname = isIP(address) === 6 ? `[${address}]` : address
  const named = new Headers(headers)
  named.set("host", url.host)
  const host = hostOf(url)
  return fetch(target, {
    ...{ method, headers: named, signal, redirect: "manual", keepalive: false },
    ...(body !== undefined && { body }),
    ...(isIP(host) === 0 && { tls: { serverName: host } }),
  })
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? "")

const unreached = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ConnectionRefused",
  "FailedToOpenSocket",
])

const isUnreached = (error: unknown): boolean => unreached.has(codeOf(error))

const reasonOf = (error: unknown): string => {
  const code = codeOf(error)
  if (code !== "") return code
  return error instanceof Error ? error.message : String(error)
}
