import type { Reader } from "./reader.ts"
import { textStream } from "./text-stream.ts"

/** One server-sent event. */
export type ServerSent = { readonly id: string; readonly event: string; readonly data: string }

const still_here = ": still here\n\n"

/** What is sent is on one line, since JSON has no others. */
const textOf = ({ id, event, data }: ServerSent): string => `event: ${event}\ndata: ${data}\nid: ${id}\n\n`

/** Server-sent events, all that come together in one piece; none at all is a sign of life. */
export const eventStream = <Value>(
  values: AsyncIterable<readonly Value[]>,
  sentOf: (value: Value) => ServerSent,
  reader: Reader,
): Response => {
  const written = (some: readonly Value[]) =>
    some.length === 0 ? still_here : some.map((value) => textOf(sentOf(value))).join("")
  const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" }
  return textStream(values, written, { headers, reader })
}
