/** One server-sent event. */
export type ServerSent = { readonly id: string; readonly event: string; readonly data: string }

const still_here = ": still here\n\n"

const textOf = ({ id, event, data }: ServerSent): string => `event: ${event}\ndata: ${data}\nid: ${id}\n\n`

/**
 * Server-sent events as they come, all that come together in one piece; none at all is a sign of life. What comes is on
 * one line each, since JSON has no others. Who leaves is told to `leave`.
 */
export const eventStream = (events: AsyncIterable<readonly ServerSent[]>, leave: () => void): Response => {
  const encoder = new TextEncoder()
  const iterator = events[Symbol.asyncIterator]()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value.length === 0 ? still_here : value.map(textOf).join("")))
    },
    async cancel() {
      leave()
      await iterator.return?.()
    },
  })
  const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" }
  return new Response(body, { headers })
}
