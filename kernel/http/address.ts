/** What a server knows of a request of its own while it is being answered: the address that its connection comes from. */
type PeerOf = (request: Request) => string | undefined

type Server = { readonly peerOf: PeerOf; readonly has_gateway: boolean }

// Shared by the whole process, so that no request pays for what few of them are asked: it is looked up when it is.
// Bun's servers know each other's requests, so those of one process are all behind the gateway, or none is.
const servers = new Set<Server>()
const remade = new WeakMap<Request, Request>()

/** Answers the function that ends it. */
export const knowPeers = (server: Server): (() => void) => {
  servers.add(server)
  return () => {
    servers.delete(server)
  }
}

/** A request that was made anew of another, to measure its body, comes from where that one came from. */
export const passPeer = (request: Request, made: Request): void => {
  if (made !== request) remade.set(made, request)
}

const peerOf = (request: Request): { readonly peer: string; readonly has_gateway: boolean } | undefined => {
  const known = remade.get(request) ?? request
  for (const { peerOf: ask, has_gateway } of servers) {
    const peer = ask(known)
    if (peer !== undefined) return { peer, has_gateway }
  }
  return undefined
}

const own_net =
  /^(?:::ffff:)?(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)|^::1$|^f[cd][0-9a-f]{2}:|^fe80:/i
const max_address_chars = 45
const address_text = /^[0-9a-f.:]+$/i

const lastOf = (forwarded: string | null): string | undefined => {
  const last = forwarded?.split(",").at(-1)?.trim()
  return last !== undefined && last.length <= max_address_chars && address_text.test(last) ? last : undefined
}

/**
 * Where a request comes from. The gateway, where there is one, stands before us in a network of ours and says where it had the
 * request from, with the last word of the list: the others are whatever the caller wrote. Nobody else is believed.
 */
export const addressOf = (request: Request): string | undefined => {
  const { peer, has_gateway } = peerOf(request) ?? {}
  if (peer === undefined || has_gateway !== true || !own_net.test(peer)) return peer
  return lastOf(request.headers.get("x-forwarded-for")) ?? peer
}
