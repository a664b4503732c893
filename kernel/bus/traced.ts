import type { Envelope } from "#kernel/events/envelope.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import type { Consumer } from "./bus.ts"

const spanOf = (group: string, events: readonly Envelope[]) => ({
  name: `consume ${group}`,
  kind: "consumer" as const,
  // A batch comes from many; it is shown where its first event comes from.
  traceparent: events[0]?.traceparent,
  attributes: { "wf.events": events.length },
})

/** The consumer, with each batch as a span of the trace that led to it. */
export const traced = (consumer: Consumer): Consumer => {
  const { group } = consumer
  if ("database" in consumer) {
    const { handle } = consumer
    return { ...consumer, handle: (sql, events) => inSpan(spanOf(group, events), () => handle(sql, events)) }
  }
  const { handle } = consumer
  return {
    ...consumer,
    handle: (events: readonly Envelope[]) => inSpan(spanOf(group, events), () => handle(events)),
  }
}
