import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"

export type WebServer = { readonly url: string; stop(): Promise<void> }

type Fetch = (request: Request) => Response | Promise<Response>

const requestOf = (incoming: IncomingMessage): Request => {
  const { method = "GET", url = "/", headers } = incoming
  const plain = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  const isEmpty = method === "GET" || method === "HEAD"
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: plain,
    ...(!isEmpty && { body: Readable.toWeb(incoming), duplex: "half" }),
  } as unknown as RequestInit)
}

/** What breaks in the middle of an answer breaks the connection, as it does elsewhere. */
const answer = async (response: Response, outgoing: ServerResponse): Promise<void> => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  try {
    for await (const bytes of response.body ?? []) outgoing.write(bytes)
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

/** A server of a test's own that answers as it is told, on every runtime that has Node's `http`. */
export const serveWeb = async (fetch: Fetch): Promise<WebServer> => {
  const server = createServer(async (incoming, outgoing) => {
    await answer(await fetch(requestOf(incoming)), outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
