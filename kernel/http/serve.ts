import { knowPeers } from "./address.ts"
import { isUpgrade, openSocket, sockets, type Talk } from "./socket.ts"

export type HttpServer = { readonly port: number; stop(): Promise<void> }

export type HttpListen = {
  readonly host: string
  readonly port: number
  /** A gateway of ours stands before it, and is believed where requests come from; without it only who calls is. */
  readonly has_gateway?: boolean
  /** Whose pages may open WebSockets, besides those of its own origin. */
  readonly origins?: readonly string[]
}

type Fetch = (request: Request) => Response | Promise<Response>

/** Streams have heartbeats more often than this. */
const idle_s = 60

/** Bodies that a route doesn't stream are limited far lower, by the app itself. */
const max_body_bytes = 64 * 1024 ** 3

const in_flight_ms = 5_000

/** Bun's server. The apps themselves use Web APIs only. */
export const serveHttp = (fetch: Fetch, listen: HttpListen): HttpServer => {
  const { host, port, has_gateway = false, origins = [] } = listen
  const server = Bun.serve<Talk>({
    hostname: host,
    port,
    idleTimeout: idle_s,
    // Its pages for developers show the code and the error to whoever asks.
    development: false,
    maxRequestBodySize: max_body_bytes,
    fetch: (request, own) =>
      isUpgrade(request) ? openSocket(request, { fetch, origins, server: own }) : fetch(request),
    websocket: sockets,
    // Apps answer for what breaks in them; below them nothing is told.
    error: () => new Response(null, { status: 500 }),
  })
  const forgetPeers = knowPeers({ peerOf: (request) => server.requestIP(request)?.address, has_gateway })
  return {
    port: server.port ?? port,
    async stop() {
      const finished = server.stop(false)
      const late = new Promise<void>((resolve) => setTimeout(resolve, in_flight_ms).unref())
      await Promise.race([finished, late])
      await server.stop(true)
      forgetPeers()
    },
  }
}
