/** A small collector of traces for a test: keeps what it is sent as OTLP over HTTP. */
export const startCollector = () => {
  const received: { path: string; body: Buffer }[] = []
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(sent) {
      received.push({ path: new URL(sent.url).pathname, body: Buffer.from(await sent.arrayBuffer()) })
      return new Response(null, { headers: { "content-type": "application/x-protobuf" } })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    received,
    /** Whether one message has all of this: text as it is, ids as bytes. */
    has: (...parts: readonly Uint8Array[]) =>
      received.some(({ body }) => parts.every((part) => body.includes(part))),
    stop: () => server.stop(true),
  }
}
