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

/** What is known by an id of its own, however often it is told. */
export type Fact = Event & { readonly id: string }

const kit = systemKit()

/** What is written of one topic: bodies, or the ids of rows that the bodies can be made of when they are read. */
export type OutboxRow =
  | { readonly topic: EventName; readonly events: readonly Event[] }
  | { readonly topic: EventName; readonly ids: readonly string[]; readonly details?: unknown }

export const rowsOf = (events: readonly Event[]): readonly OutboxRow[] =>
  [...Map.groupBy(events, (event) => event.type)].map(([topic, some]) => ({ topic, events: some }))

/**
 * Publishes the events if, and after, the transaction commits. Call it last: ids drawn after the locks keep the
 * order per key. The types check the data here; what checks it at run time is the consumer.
 */
export const emit = (sql: Sql, events: readonly Event[]): Promise<void> => emitRows(sql, rowsOf(events))

const emitRows = async (sql: Sql, rows: readonly OutboxRow[]): Promise<void> => {
  if (rows.length === 0) return
  const { topics, events, ids, details } = outboxText(rows)
  await sql.statement(
    `insert into "${sql.schema}".outbox (topic, events, ids, details)
     select topic, events::json, ids::uuid[], details::json
     from unnest($1::text::text[], string_to_array($2::text, E'\\n', ''), string_to_array($3::text, E'\\n', ''),
       string_to_array($4::text, E'\\n', '')) with ordinality as t (topic, events, ids, details, place)
     order by place`,
    [topics, events, ids, details],
  )
  nudgeAfter(sql, rows)
}

/** For whoever writes these rows in a statement of their own. */
export const nudgeAfter = (sql: Sql, rows: readonly OutboxRow[]): void => {
  if (rows.length === 0) return
  sql.afterCommit(() => nudge(sql.schema, [...new Set(rows.map(({ topic }) => topic))]))
}

/** Rows of the outbox as lists of texts, for a statement that writes them along with everything else; an empty line is null. */
export const outboxText = (rows: readonly OutboxRow[]) => ({
  topics: list(rows.map(({ topic }) => topic)),
  events: lines(rows.map((row) => ("events" in row ? json(row.events.map(stored)) : ""))),
  ids: lines(rows.map((row) => ("ids" in row ? list(row.ids) : ""))),
  details: lines(rows.map((row) => ("ids" in row && row.details !== undefined ? json(row.details) : ""))),
})

// The topic says the type, and the row has the time.
const stored = ({ id = kit.id(), key, data, traceparent = activeTraceparent() }: Event) => ({
  id,
  key,
  data,
  traceparent,
})
