/** The address that a connection comes from, asked for only where somebody wants to know. */
type Peer = () => string | undefined

const peers = new WeakMap<Request, Peer>()

/** What a server knows about a request besides the request. */
export const rememberPeer = (request: Request, peer: Peer): void => {
  peers.set(request, peer)
}

/** A request that was made anew of another, to measure its body, comes from where that one came from. */
export const passPeer = (request: Request, made: Request): void => {
  const peer = peers.get(request)
  if (peer !== undefined) peers.set(made, peer)
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
 * Where a request comes from. Who stands before us in a network of ours (the gateway) says where it had the request from, with
 * the last word of the list: the others are whatever the caller wrote. Nobody else is believed.
 */
export const addressOf = (request: Request): string | undefined => {
  const peer = peers.get(request)?.()
  if (peer === undefined || !own_net.test(peer)) return peer
  return lastOf(request.headers.get("x-forwarded-for")) ?? peer
}
