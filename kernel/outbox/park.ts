import { json, list, type Sql } from "#kernel/database/database.ts"
import type { RawEvent } from "#kernel/events/decode.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { nudge } from "./nudge.ts"

export type Parked = { readonly event: RawEvent; readonly reason: string }

const kit = systemKit()

export const parkingTopic = (topic: string) => `${topic}.dlq`

/** What is published of an event that was put aside: under its own id and key, all of it and why. */
export const parkedBody = (consumer: string, { event, reason }: Parked) => ({
  id: kit.id(),
  key: event.key,
  data: { consumer, reason, event },
})

/** Puts aside what a consumer will never be able to handle. */
export const putAside = async (sql: Sql, consumer: string, parked: readonly Parked[]): Promise<void> => {
  if (parked.length === 0) return
  await sql.statement(
    `insert into "${sql.schema}".parked (consumer, topic, event, reason)
     select $1, topic, event::json, reason
     from unnest($2::text::text[], $3::text::text[], $4::text::text[]) as t (topic, event, reason)`,
    [
      consumer,
      list(parked.map(({ event }) => event.type)),
      list(parked.map(({ event }) => json(event))),
      list(parked.map(({ reason }) => reason.replaceAll("\0", ""))),
    ],
  )
}

/** Puts aside as well, and publishes that in `<topic>.dlq`. */
export const park = async (sql: Sql, consumer: string, parked: readonly Parked[]): Promise<void> => {
  if (parked.length === 0) return
  await putAside(sql, consumer, parked)
  const topics = parked.map(({ event }) => parkingTopic(event.type))
  await sql.statement(
    `insert into "${sql.schema}".outbox (topic, events)
     select topic, events::json from unnest($1::text::text[], $2::text::text[]) as t (topic, events)`,
    [list(topics), list(parked.map((one) => json([parkedBody(consumer, one)])))],
  )
  sql.afterCommit(() => nudge(sql.schema, topics))
}
