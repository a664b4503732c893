import { revocation } from "#kernel/auth/revocation.ts"

type Source = ReadableStreamDefaultReader<Uint8Array>

/** A stream is cut off once its reader may not read any more: they follow anew, and hear why they can't. */
const guarded = (source: Source, check: () => Promise<unknown>): ReadableStream<Uint8Array> => {
  const { during, stop } = revocation(check)
  const end = async (reason: unknown): Promise<void> => {
    stop()
    await source.cancel(reason)
  }
  // Pulled one piece at a time, so that it is read on only as fast as before.
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await during(source.read())
          if (!done) {
            controller.enqueue(value)
            return
          }
          stop()
          controller.close()
        } catch (error) {
          controller.error(error)
          await end(error).catch(() => undefined)
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

const follows = /^(?:text\/event-stream|application\/x-ndjson)/

/** The response, if it is one that goes on: only as long as the check holds. Others are left as they are. */
export const whileAdmitted = (response: Response, check: () => Promise<unknown>): Response => {
  const { headers, status } = response
  if (!follows.test(headers.get("content-type") ?? "")) return response
  // Only now: to be asked for its body turns text that is sent in one piece into a stream.
  const { body } = response
  if (body === null) return response
  return new Response(guarded(body.getReader(), check), { headers, status })
}
