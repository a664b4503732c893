import type { Interceptor, Transport } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { default_deadline_ms } from "./client.ts"
import { clientTls, type RpcTls } from "./tls.ts"

/** gRPC over the network; with TLS the URL has to be one of https. */
export const networkTransport = (url: string, outgoing: Interceptor[], tls?: RpcTls): Transport =>
  createGrpcTransport({
    baseUrl: url,
    interceptors: outgoing,
    defaultTimeoutMs: default_deadline_ms,
    pingIntervalMs: 10_000,
    pingTimeoutMs: 3_000,
    ...(tls && { nodeOptions: clientTls(tls) }),
  })
