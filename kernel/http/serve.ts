import { rememberPeer } from "./address.ts"

export type HttpServer = { readonly port: number; stop(): Promise<void> }

export type HttpListen = { readonly host: string; readonly port: number }

type Fetch = (request: Request) => Response | Promise<Response>

/** Streams have heartbeats more often than this. */
const idle_s = 60

/** Bodies that a route doesn't stream are limited far lower, by the app itself. */
const max_body_bytes = 64 * 1024 ** 3

const in_flight_ms = 5_000

/** Only who signs in or changes who may do what is asked where from, so that no other request pays for it. */
const identity = /\/(?:auth|tokens|workspaces|invites|account|device)(?:[/?]|$)/
const asksForAddress = (url: string): boolean => identity.test(url)

/** Bun's server. The apps themselves use Web APIs only. */
export const serveHttp = (fetch: Fetch, { host, port }: HttpListen): HttpServer => {
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: idle_s,
    // Its pages for developers show the code and the error to whoever asks.
    development: false,
    maxRequestBodySize: max_body_bytes,
    fetch: (request, server_of_it) => {
      if (asksForAddress(request.url)) rememberPeer(request, () => server_of_it.requestIP(request)?.address)
      return fetch(request)
    },
    // Apps answer for what breaks in them; below them nothing is told.
    error: () => new Response(null, { status: 500 }),
  })
  return {
    port: server.port ?? port,
    async stop() {
      const finished = server.stop(false)
      const late = new Promise<void>((resolve) => setTimeout(resolve, in_flight_ms).unref())
      await Promise.race([finished, late])
      await server.stop(true)
    },
  }
}
