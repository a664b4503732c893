import { createSecureServer, createServer, type Http2SecureServer, type Http2Server } from "node:http2"
import type { Socket } from "node:net"
import type { DescService } from "@bufbuild/protobuf"
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createRouterTransport,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import { admit, type CallerChecks, whileAdmitted } from "./callers.ts"
import { default_deadline_ms } from "./client.ts"
import { directUnary } from "./direct.ts"
import { healthRoutes, healthServices } from "./health.ts"
import { toConnectError } from "./problems.ts"
import { reflectionRoutes, reflectionServices } from "./reflection.ts"
import { type RpcTls, serverTls } from "./tls.ts"
import { wireServer } from "./wire-server.ts"

export type Routes = (router: ConnectRouter) => void

export type RpcDoors = CallerChecks & { readonly log: Log }

const max_message_bytes = 16 * 1024 * 1024

const failureOf = (thrown: unknown, log: Log, method: string): ConnectError => {
  if (thrown instanceof Problem) return toConnectError(thrown)
  if (thrown instanceof ConnectError && thrown.code !== Code.Unknown) return thrown
  log.error({ event: "rpc.broke", method, error: thrown })
  return toConnectError(new Problem("platform.bug", { cause: thrown }))
}

/** The answer of a stream fails while it is sent. */
async function* failing<Message>(
  messages: AsyncIterable<Message>,
  failed: (thrown: unknown) => ConnectError,
): AsyncGenerator<Message> {
  try {
    yield* messages
  } catch (thrown) {
    throw failed(thrown)
  }
}

/** Where every call comes in: what a handler throws becomes a problem as it travels, or a bug that is logged once. */
const incoming =
  (log: Log, checks?: CallerChecks): Interceptor =>
  (next) =>
  async (request) => {
    const failed = (thrown: unknown) => failureOf(thrown, log, request.method.name)
    try {
      if (checks) await admit(request, checks)
      const traceparent = request.header.get("traceparent") ?? undefined
      const name = `${request.service.typeName}/${request.method.name}`
      const answer = await inSpan({ name, kind: "server", traceparent }, () => next(request))
      if (!answer.stream) return answer
      const message = checks ? whileAdmitted(answer.message, request, checks) : answer.message
      return { ...answer, message: failing(message, failed) }
    } catch (thrown) {
      throw failed(thrown)
    }
  }

/** Services in one process call each other through this: the same client, the same checks, no socket. */
export const inMemoryTransport = (routes: Routes, doors: RpcDoors, outgoing: Interceptor[]): Transport => ({
  ...createRouterTransport(routes, {
    router: { interceptors: [incoming(doors.log, doors)] },
    transport: { interceptors: outgoing, defaultTimeoutMs: default_deadline_ms },
  }),
  unary: directUnary({
    routes,
    incoming: incoming(doors.log, doors),
    outgoing,
    default_ms: default_deadline_ms,
  }),
})

export type RpcServer = { readonly port: number; stop(): Promise<void> }

export type RpcListen = {
  readonly host: string
  readonly port: number
  readonly log: Log
  /** With it only those are talked to whom its authority vouches for. */
  readonly tls?: RpcTls | undefined
}

const listening = (server: Http2Server | Http2SecureServer, { host, port }: RpcListen): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })

const always = () => Promise.resolve(true)

/** One of the services behind a port. */
export type RpcPart = {
  readonly routes: Routes
  readonly doors: RpcDoors
  /** Whether it could do its work now; without it, it always can. */
  readonly ready?: () => Promise<boolean>
}

const serverOf = ({ tls, log }: RpcListen): Http2Server | Http2SecureServer => {
  if (!tls) return createServer()
  const server = createSecureServer(serverTls(tls))
  server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
    log.warn({ event: "rpc.channel_refused", code: error.code })
  })
  return server
}

/**
 * Native gRPC, gRPC-Web and Connect over HTTP/2, without TLS or with certificates on both sides. What is offered, and whether it works, anybody may ask:
 * that is in the sources too, and balancers and tools have no token.
 */
export const serveRpc = async (parts: readonly RpcPart[], listen: RpcListen): Promise<RpcServer> => {
  const { log } = listen
  const stopping = new AbortController()
  const adapter = connectNodeAdapter({
    readMaxBytes: max_message_bytes,
    shutdownSignal: stopping.signal,
    routes: (router) => {
      const offered = parts.flatMap(({ routes, doors, ready = always }) =>
        register(router, routes, incoming(doors.log, doors)).map((service) => ({ service, ready })),
      )
      const open = incoming(log)
      const all = [...offered.map(({ service }) => service), ...healthServices, ...reflectionServices]
      register(router, healthRoutes(offered), open)
      register(router, reflectionRoutes(all), open)
    },
  })
  const wire = wireServer(
    parts.map(({ routes, doors }) => ({ routes, incoming: incoming(doors.log, doors) })),
    { max_bytes: max_message_bytes, failed: (thrown, method) => failureOf(thrown, log, method) },
  )
  const server = serverOf(listen)
  const others = createServer(adapter)
  server.on("stream", (stream, headers, ...more) => {
    if (!wire.takes(stream, headers)) others.emit("stream", stream, headers, ...more)
  })
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
        stopping.abort()
        wire.stop()
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Each service checks its callers for itself, also where several share a port. Answers what has been added. */
const register = (router: ConnectRouter, routes: Routes, door: Interceptor): readonly DescService[] => {
  const interceptors = [door]
  const added: DescService[] = []
  const own: Pick<ConnectRouter, "service" | "rpc"> = {
    service: (description, implementation, options) => {
      added.push(description)
      return router.service(description, implementation, { ...options, interceptors })
    },
    rpc: (method, implementation, options) =>
      router.rpc(method, implementation, { ...options, interceptors }),
  }
  routes({ handlers: router.handlers, ...own } as ConnectRouter)
  return added
}
