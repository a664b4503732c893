import { revocation } from "#kernel/auth/revocation.ts"
import type { Reader } from "./reader.ts"

type Streaming = {
  readonly headers: Readonly<Record<string, string>>
  /** Sent before anything has come. */
  readonly first?: string
  readonly reader: Reader
}

/**
 * What comes, written as text. It is read on only as fast as it is read; one that breaks is cut off, not ended, so that a
 * follower knows the difference. It is cut off as well once its reader may not read any more: they follow anew, and hear why
 * they can't.
 */
export const textStream = <Value>(
  values: AsyncIterable<Value>,
  written: (value: Value) => string,
  { headers, first, reader }: Streaming,
): Response => {
  const encoder = new TextEncoder()
  const iterator = values[Symbol.asyncIterator]()
  const { during, stop } = revocation(reader.check)
  const end = async (): Promise<void> => {
    stop()
    reader.leave()
    await iterator.return?.()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (first) controller.enqueue(encoder.encode(first))
      },
      async pull(controller) {
        try {
          const { done, value } = await during(iterator.next())
          if (!done) return controller.enqueue(encoder.encode(written(value)))
          stop()
          controller.close()
        } catch (error) {
          controller.error(error)
          await end().catch(() => undefined)
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers })
}
