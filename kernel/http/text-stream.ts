type Streaming = {
  readonly headers: Readonly<Record<string, string>>
  /** Sent before anything has come. */
  readonly first?: string
  /** Called when the reader has left. */
  readonly leave: () => void
}

/**
 * What comes, written as text. It is read on only as fast as it is read; one that breaks is cut off, not ended, so that a
 * follower knows the difference.
 */
export const textStream = <Value>(
  values: AsyncIterable<Value>,
  written: (value: Value) => string,
  { headers, first, leave }: Streaming,
): Response => {
  const encoder = new TextEncoder()
  const iterator = values[Symbol.asyncIterator]()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first) controller.enqueue(encoder.encode(first))
    },
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(written(value)))
    },
    async cancel() {
      leave()
      await iterator.return?.()
    },
  })
  return new Response(body, { headers })
}
