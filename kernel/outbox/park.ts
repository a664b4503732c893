import { json, list, type Sql } from "#kernel/database/database.ts"
import type { RawEvent } from "#kernel/events/decode.ts"
import { nudge } from "./nudge.ts"

export type Parked = { readonly event: RawEvent; readonly reason: string }

export const parkingTopic = (topic: string) => `${topic}.dlq`

/** Puts aside what a consumer will never be able to handle, and publishes that in `<topic>.dlq`. */
export const park = async (sql: Sql, consumer: string, parked: readonly Parked[]): Promise<void> => {
  if (parked.length === 0) return
  const topics = list(parked.map(({ event }) => event.type))
  const events = list(parked.map(({ event }) => json(event)))
  const reasons = list(parked.map(({ reason }) => reason.replaceAll("\0", "")))
  await sql`
    insert into parked (consumer, topic, event, reason)
    select ${consumer}, topic, event::json, reason
    from unnest(${topics}::text::text[], ${events}::text::text[], ${reasons}::text::text[]) as t (topic, event, reason)`
  const published = parked.map(({ event, reason }) =>
    json([{ ...event, data: { ...event, reason, consumer } }]),
  )
  await sql`
    insert into outbox (topic, events)
    select topic || '.dlq', event::json
    from unnest(${topics}::text::text[], ${list(published)}::text::text[]) as t (topic, event)`
  sql.afterCommit(() => nudge(sql.schema))
}
