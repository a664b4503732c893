import type { IHeaders, KafkaMessage, Message } from "kafkajs"
import type { RawEvent } from "#kernel/events/decode.ts"

/** CloudEvents' binary content mode: the attributes in headers, the data as the value. */
export const toMessage = (event: RawEvent): Message & { readonly value: string } => ({
  key: event.key,
  value: JSON.stringify(event.data ?? null),
  headers: {
    ce_specversion: "1.0",
    ce_id: event.id,
    ce_type: event.type,
    ce_source: event.source,
    ce_time: event.at,
    "content-type": "application/json",
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  },
})

const headerOf = (headers: IHeaders | undefined, name: string): string | undefined => {
  const value = headers?.[name]
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined ? undefined : String(first)
}

const dataOf = (value: Buffer | null): unknown => {
  const text = value?.toString() ?? "null"
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Whatever is in the topic, as an event that is still to be checked, and what is wrong with it at first sight. */
export const fromMessage = (topic: string, { key, value, headers, timestamp }: KafkaMessage) => {
  const event: RawEvent = {
    id: headerOf(headers, "ce_id") ?? "",
    type: topic,
    source: headerOf(headers, "ce_source") ?? "",
    key: key?.toString() ?? "",
    at: headerOf(headers, "ce_time") ?? new Date(Number(timestamp)).toISOString(),
    traceparent: headerOf(headers, "traceparent"),
    data: dataOf(value),
  }
  // A forged type must not reach the handlers of another topic.
  const type = headerOf(headers, "ce_type")
  const failure = type === topic ? undefined : `The event's type is ${JSON.stringify(type)}`
  return { event, failure }
}
