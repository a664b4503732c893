import { json, lines, list, type Sql } from "#kernel/database/database.ts"
import type { EventData, EventName } from "#kernel/events/envelope.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { nudge } from "./nudge.ts"

/** A fact to be published. Without an id it gets a fresh one; its time is the database's. */
export type Event = {
  [Name in EventName]: {
    readonly type: Name
    readonly key: string
    readonly data: EventData<Name>
    readonly id?: string
    readonly traceparent?: string | undefined
  }
}[EventName]

const kit = systemKit()

/**
 * Publishes the events if, and after, the transaction commits. Call it last: ids drawn after the locks keep the
 * order per key. The types check the data here; what checks it at run time is the consumer.
 */
export const emit = async (sql: Sql, events: readonly Event[]): Promise<void> => {
  if (events.length === 0) return
  const rows = outboxText(events)
  await sql.statement(
    `insert into "${sql.schema}".outbox (topic, events)
     select topic, events::json
     from unnest($1::text::text[], string_to_array($2::text, E'\\n')) with ordinality as t (topic, events, place)
     order by place`,
    [rows.topics, rows.events],
  )
  sql.afterCommit(() => nudge(sql.schema, [...new Set(events.map(({ type }) => type))]))
}

/** Rows of the outbox as lists of texts, for a statement that writes them along with everything else. */
export const outboxText = (
  events: readonly Event[],
): { readonly topics: string; readonly events: string } => {
  const byTopic = Map.groupBy(events, (event) => event.type)
  const bodies = [...byTopic.values()].map((some) => json(some.map(stored)))
  return { topics: list([...byTopic.keys()]), events: lines(bodies) }
}

// The topic says the type, and the row has the time.
const stored = ({ id = kit.id(), key, data, traceparent = activeTraceparent() }: Event) => ({
  id,
  key,
  data,
  traceparent,
})
