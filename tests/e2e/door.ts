type Door = {
  readonly url: string
  shut(): Promise<void>
  open(): void
}

type Change = (text: string) => string

const changed = (body: ReadableStream<Uint8Array> | null, change: Change) =>
  body
    ?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(
      new TransformStream<string, string>({
        transform: (text, controller) => controller.enqueue(change(text)),
      }),
    )
    .pipeThrough(new TextEncoderStream())

/** The platform behind a door of the test's own, which may be shut, and may change what comes through. */
export const doorTo = (url: string, change: Change = (text) => text): Door => {
  const open = (port: number) =>
    Bun.serve({
      ...{ hostname: "127.0.0.1", port, idleTimeout: 0 },
      async fetch(request) {
        const { pathname, search } = new URL(request.url)
        const { method, headers, signal } = request
        const passed = ["authorization", "accept", "content-type", "last-event-id"].flatMap((name) => {
          const value = headers.get(name)
          return value === null ? [] : [[name, value] as [string, string]]
        })
        const body = method === "GET" ? {} : { body: await request.arrayBuffer() }
        const answer = await fetch(`${url}${pathname}${search}`, { method, headers: passed, signal, ...body })
        const type = answer.headers.get("content-type") ?? ""
        if (/event-stream|ndjson/.test(type)) {
          return new Response(changed(answer.body, change), { headers: { "content-type": type } })
        }
        return new Response(change(await answer.text()), { status: answer.status })
      },
    })
  let server = open(0)
  const { port = 0 } = server
  return {
    url: `http://127.0.0.1:${port}`,
    shut: () => server.stop(true),
    open() {
      server = open(port)
    },
  }
}
