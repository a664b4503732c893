import { createServer, type Http2Server } from "node:http2"
import type { Socket } from "node:net"
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createRouterTransport,
  type HandlerContext,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import type { ServiceIdentity, ServiceTokens } from "#kernel/auth/service-token.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import { default_deadline_ms } from "./client.ts"
import { directUnary } from "./direct.ts"
import { toConnectError } from "./problems.ts"

export type Routes = (router: ConnectRouter) => void

export type RpcDoors = { readonly service: string; readonly tokens: ServiceTokens; readonly log: Log }

const callerKey = createContextKey<ServiceIdentity | undefined>(undefined, {
  description: "the calling service",
})

const max_message_bytes = 16 * 1024 * 1024

/** The service that calls; there is always one, since the interceptor refuses anybody else. */
export const callingService = (context: HandlerContext): ServiceIdentity => {
  const caller = context.values.get(callerKey)
  if (!caller) throw new Problem("auth.required")
  return caller
}

const failureOf = (thrown: unknown, log: Log, method: string): ConnectError => {
  if (thrown instanceof Problem) return toConnectError(thrown)
  if (thrown instanceof ConnectError && thrown.code !== Code.Unknown) return thrown
  log.error({ event: "rpc.broke", method, error: thrown })
  return toConnectError(new Problem("platform.bug", { cause: thrown }))
}

const incoming =
  ({ service, tokens, log }: RpcDoors): Interceptor =>
  (next) =>
  async (request) => {
    try {
      const token = request.header.get("authorization")?.replace(/^Bearer /i, "") ?? ""
      const caller = await tokens.verify(token, service)
      if (!caller)
        throw new Problem("auth.required", { detail: "Only the platform's own services may call this." })
      request.contextValues.set(callerKey, caller)
      const traceparent = request.header.get("traceparent") ?? undefined
      const name = `${request.service.typeName}/${request.method.name}`
      return await inSpan({ name, kind: "server", traceparent }, () => next(request))
    } catch (thrown) {
      throw failureOf(thrown, log, request.method.name)
    }
  }

/** Services in one process call each other through this: the same client, the same checks, no socket. */
export const inMemoryTransport = (routes: Routes, doors: RpcDoors, outgoing: Interceptor[]): Transport => ({
  ...createRouterTransport(routes, {
    router: { interceptors: [incoming(doors)] },
    transport: { interceptors: outgoing, defaultTimeoutMs: default_deadline_ms },
  }),
  unary: directUnary({ routes, incoming: incoming(doors), outgoing, default_ms: default_deadline_ms }),
})

export type RpcServer = { readonly port: number; stop(): Promise<void> }

export type RpcListen = { readonly host: string; readonly port: number }

const listening = (server: Http2Server, { host, port }: RpcListen): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })

/** Native gRPC, gRPC-Web and Connect over HTTP/2 without TLS. */
export const serveRpc = async (
  services: readonly { routes: Routes; doors: RpcDoors }[],
  listen: RpcListen,
): Promise<RpcServer> => {
  const adapter = connectNodeAdapter({
    readMaxBytes: max_message_bytes,
    routes: (router) => {
      for (const { routes, doors } of services) guarded(router, routes, doors)
    },
  })
  const server = createServer(adapter)
  // A destroyed session ends its calls as if they had been answered with nothing, and callers would go on waiting.
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  const port = await listening(server, listen)
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Each service checks its callers for itself, also where several share a port. */
const guarded = (router: ConnectRouter, routes: Routes, doors: RpcDoors) => {
  const interceptors = [incoming(doors)]
  const own: Pick<ConnectRouter, "service" | "rpc"> = {
    service: (description, implementation, options) =>
      router.service(description, implementation, { ...options, interceptors }),
    rpc: (method, implementation, options) =>
      router.rpc(method, implementation, { ...options, interceptors }),
  }
  routes({ handlers: router.handlers, ...own } as ConnectRouter)
}
