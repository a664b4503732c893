import net from "node:net"

/** What to do with bytes that the server sends: pass them on, or cut the connection instead. */
type Verdict = "pass" | "cut"

export type ProxyOptions = {
  readonly server: { readonly socket: string }
  readonly onRequest?: (bytes: Buffer) => void
  readonly onAnswer?: (bytes: Buffer) => Verdict
}

export type Proxy = { readonly port: number; close(): Promise<void> }

/** Stands between a client and a server on a unix socket, so that a test can lose what it chooses. */
export const startProxy = async ({ server, onRequest, onAnswer }: ProxyOptions): Promise<Proxy> => {
  const open = new Set<net.Socket>()
  const listener = net.createServer((client) => {
    const upstream = net.connect({ path: server.socket })
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => open.delete(socket))
    }
    client.on("data", (bytes: Buffer) => {
      onRequest?.(bytes)
      upstream.write(bytes)
    })
    upstream.on("data", (bytes: Buffer) => {
      if (onAnswer?.(bytes) === "cut") {
        client.destroy()
        upstream.destroy()
      } else client.write(bytes)
    })
    client.on("close", () => upstream.destroy())
    upstream.on("close", () => client.destroy())
  })
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const address = listener.address()
  if (address === null || typeof address === "string") throw new Error("The proxy has no port")
  return {
    port: address.port,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    },
  }
}
