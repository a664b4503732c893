import { json, list, type Sql } from "#kernel/database/database.ts"
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
  const byTopic = Map.groupBy(events, (event) => event.type)
  const topics = [...byTopic.keys()]
  const bodies = [...byTopic.values()].map((some) => json(some.map(stored)))
  await sql.statement(
    `insert into "${sql.schema}".outbox (topic, events)
     select topic, events::json
     from unnest($1::text::text[], $2::text::text[]) with ordinality as t (topic, events, place)
     order by place`,
    [list(topics), list(bodies)],
  )
  sql.afterCommit(() => nudge(sql.schema, topics))
}

// The topic says the type, and the row has the time.
const stored = ({ id = kit.id(), key, data, traceparent = activeTraceparent() }: Event) => ({
  id,
  key,
  data,
  traceparent,
})
