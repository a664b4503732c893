import { z } from "zod"
import { catalogue } from "./catalogue.ts"
import type { Envelope, EventName } from "./envelope.ts"

/** An event as it was received: nothing of it has been checked. */
export type RawEvent = {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly key: string
  readonly at: string
  readonly traceparent?: string | undefined
  readonly data: unknown
}

const uuid = z.uuid()

const isEventName = (type: string): type is EventName => Object.hasOwn(catalogue, type)

/** Checks an event against the catalogue: the event, or the reason why it isn't one. */
export const decodeEvent = (raw: RawEvent): Envelope | { readonly failure: string } => {
  if (!isEventName(raw.type)) return { failure: `There is no event of type ${JSON.stringify(raw.type)}` }
  if (!uuid.safeParse(raw.id).success) return { failure: "The event's id is not a UUID" }
  const { success, data, error } = catalogue[raw.type].data.safeParse(raw.data)
  if (!success) return { failure: z.prettifyError(error) }
  return { ...raw, data } as Envelope
}
