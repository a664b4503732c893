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

export type SentEvent = { readonly id: string; readonly event: string; readonly data: string }

/** Server-sent events; comments are passed over. */
export async function* sentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent> {
  let data: string[] = []
  let named = { id: "", event: "" }
  for await (const line of linesOf(body)) {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line
    if (text.startsWith("data:")) data.push(text.slice(5).replace(/^ /, ""))
    else if (text.startsWith("id:")) named = { ...named, id: text.slice(3).trim() }
    else if (text.startsWith("event:")) named = { ...named, event: text.slice(6).trim() }
    if (text !== "" || data.length === 0) continue
    yield { ...named, data: data.join("\n") }
    data = []
    named = { ...named, event: "" }
  }
}
