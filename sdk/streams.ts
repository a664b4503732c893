/** The lines of a text stream. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let open = ""
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      const parts = (open + decoder.decode(value, { stream: true })).split("\n")
      open = parts.pop() ?? ""
      yield* parts
    }
    if (open !== "") yield open
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** The data of server-sent events; comments and other fields are passed over. */
export async function* sentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = []
  for await (const line of linesOf(body)) {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line
    if (text.startsWith("data:")) data.push(text.slice(5).replace(/^ /, ""))
    if (text !== "" || data.length === 0) continue
    yield data.join("\n")
    data = []
  }
}
