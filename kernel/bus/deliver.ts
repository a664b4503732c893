import { isDataError } from "#kernel/database/failure.ts"
import { decodeEvent, type RawEvent } from "#kernel/events/decode.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Parked } from "#kernel/outbox/park.ts"

/** An event on its way to a handler. With a reason it goes aside instead. */
export type Item<Place> = {
  readonly raw: RawEvent
  readonly place: Place
  readonly envelope: Envelope | undefined
  readonly reason: string | undefined
}

/** `failure` says what is wrong with it already. */
export const received = <Place>(raw: RawEvent, place: Place, failure?: string): Item<Place> => {
  const decoded = failure === undefined ? decodeEvent(raw) : { failure }
  return "failure" in decoded
    ? { raw, place, envelope: undefined, reason: decoded.failure }
    : { raw, place, envelope: decoded, reason: undefined }
}

/** The events to handle, and those to put aside. */
export const sorted = <Place>(items: readonly Item<Place>[]) => {
  const good: Envelope[] = []
  const parked: Parked[] = []
  for (const { raw, envelope, reason } of items) {
    if (reason !== undefined) parked.push({ event: raw, reason })
    else if (envelope) good.push(envelope)
  }
  return { good, parked }
}

/**
 * Attempts all at once. Where the data itself is refused, halves lead to the events that are to blame, which are
 * attempted once more with the reason, to be put aside. Any other failure is the caller's to retry.
 */
export const deliver = async <Place>(
  items: readonly Item<Place>[],
  attempt: (items: readonly Item<Place>[]) => Promise<void>,
): Promise<void> => {
  try {
    await attempt(items)
    return
  } catch (error) {
    if (!isDataError(error)) throw error
    const [only] = items
    if (only && items.length === 1) {
      if (only.reason !== undefined) throw error
      const reason = error instanceof Error ? error.message : String(error)
      await attempt([{ ...only, reason }])
      return
    }
  }
  const middle = items.length >> 1
  await deliver(items.slice(0, middle), attempt)
  await deliver(items.slice(middle), attempt)
}

export const inSlices = async <Piece>(
  pieces: readonly Piece[],
  max_pieces: number,
  each: (slice: readonly Piece[]) => Promise<void>,
) => {
  for (let from = 0; from < pieces.length; from += max_pieces)
    await each(pieces.slice(from, from + max_pieces))
}
