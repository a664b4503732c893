import type { Interceptor, Transport } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { default_deadline_ms } from "./client.ts"

/** gRPC over the network. */
export const networkTransport = (url: string, outgoing: Interceptor[]): Transport =>
  createGrpcTransport({
    baseUrl: url,
    interceptors: outgoing,
    defaultTimeoutMs: default_deadline_ms,
    pingIntervalMs: 10_000,
    pingTimeoutMs: 3_000,
  })
