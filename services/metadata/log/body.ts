import type { LogLine } from "./line.ts"

type Form = "sse" | "ndjson"

const types = { sse: "text/event-stream", ndjson: "application/x-ndjson" } as const

const written = (form: Form, line: LogLine | undefined): string => {
  if (form === "ndjson") return line ? `${JSON.stringify(line)}\n` : "\n"
  return line ? `id: ${line.cursor}\nevent: line\ndata: ${JSON.stringify(line)}\n\n` : ": still here\n\n"
}

/**
 * Lines as a response. It reads on only as fast as it is read; one that breaks is cut off, not ended, so that a
 * follower knows the difference.
 */
export const streamed = (
  form: Form,
  lines: AsyncGenerator<LogLine | undefined>,
  leave: () => void,
): Response => {
  const encoder = new TextEncoder()
  const first = form === "sse" ? ": lines follow\n\n" : undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first) controller.enqueue(encoder.encode(first))
    },
    async pull(controller) {
      const next = await lines.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(written(form, next.value)))
    },
    async cancel() {
      leave()
      await lines.return(undefined)
    },
  })
  const headers = { "content-type": types[form], "cache-control": "no-store", "x-accel-buffering": "no" }
  return new Response(body, { headers })
}
