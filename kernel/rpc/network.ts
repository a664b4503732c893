import type { Interceptor, Transport } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { default_deadline_ms } from "./client.ts"
import { clientTls, type RpcTls } from "./tls.ts"
import { wireUnary } from "./wire-client.ts"

const pings = { pingIntervalMs: 10_000, pingTimeoutMs: 3_000 } as const

/** gRPC over the network, by one connection; with TLS the URL has to be one of https. */
export const networkTransport = (url: string, outgoing: Interceptor[], tls?: RpcTls): Transport => {
  const sessions = new Http2SessionManager(url, pings, tls && clientTls(tls))
  const { stream } = createGrpcTransport({
    baseUrl: url,
    interceptors: outgoing,
    defaultTimeoutMs: default_deadline_ms,
    sessionManager: sessions,
  })
  return { stream, unary: wireUnary({ sessions, url, outgoing, default_ms: default_deadline_ms }) }
}
