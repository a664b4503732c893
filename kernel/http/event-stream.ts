import type { Reader } from "./reader.ts"
import { textStream } from "./text-stream.ts"

/** One server-sent event. */
export type ServerSent = { readonly id: string; readonly event: string; readonly data: string }

const still_here = ": still here\n\n"

/** What is sent is on one line, since JSON has no others. */
const textOf = ({ id, event, data }: ServerSent): string => `event: ${event}\ndata: ${data}\nid: ${id}\n\n`

/** Lists of what comes together; an array of them where nothing more will come. */
export type Following<Value> = AsyncIterable<readonly Value[]> | readonly (readonly Value[])[]

const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" }

/**
 * Server-sent events, all that come together in one piece; none at all is a sign of life. What has ended is answered as a
 * whole, which costs less than a stream.
 */
export const eventStream = <Value>(
  values: Following<Value>,
  sentOf: (value: Value) => ServerSent,
  reader: Reader,
): Response => {
  const told = (some: readonly Value[]) => some.map((value) => textOf(sentOf(value))).join("")
  if (Symbol.asyncIterator in values) {
    const written = (some: readonly Value[]) => (some.length === 0 ? still_here : told(some))
    return textStream(values, written, { headers, reader })
  }
  return new Response(values.map(told).join(""), { headers })
}
