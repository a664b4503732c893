import { json, lines, list, type Sql } from "#kernel/database/database.ts"
import { type Mailing, putInMailboxes } from "../inbox/put.ts"
import type { Office } from "../office.ts"
import type { NewDelivery } from "./seed.ts"

/** What is in the inbox has arrived; all else is to be sent, or waits to be. */
const statusOf = ({ held_until_ms, channel }: NewDelivery): string => {
  if (held_until_ms !== undefined) return "held"
  return channel === "in_app" ? "delivered" : "queued"
}

/** Writes each once for its event and subscription, and those for the inbox there at the same time. Answers the ids of new ones. */
export const keepDeliveries = async (
  office: Pick<Office, "database" | "members" | "streams" | "wake">,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> => {
  if (deliveries.length === 0) return new Set()
  const everybody = await mailingsOf(office, deliveries)
  const { database, streams, wake } = office
  return database.tx(async (sql) => {
    const fresh = new Set(await insertDeliveries(sql, deliveries))
    const mailings = everybody.filter(({ delivery_id }) => fresh.has(delivery_id))
    await putInMailboxes(sql, { mailings, streams })
    if (fresh.size > 0) sql.afterCommit(wake)
    return fresh
  })
}

/** Where notifications go: to whose it is, or with the workspace's own ones to everybody. */
export const mailingsOf = async (
  { members }: Pick<Office, "members">,
  deliveries: readonly NewDelivery[],
): Promise<readonly Mailing[]> => {
  const mailings: Mailing[] = []
  for (const delivery of deliveries) {
    const { id: delivery_id, workspace_id, user_id, content } = delivery
    if (statusOf(delivery) !== "delivered") continue
    const users = user_id === null ? (await members(workspace_id)).map((member) => member.user_id) : [user_id]
    for (const to of users) mailings.push({ delivery_id, workspace_id, user_id: to, content })
  }
  return mailings
}

/** A subscription that is gone meanwhile gets nothing any more. */
export const insertDeliveries = async (
  sql: Sql,
  deliveries: readonly NewDelivery[],
): Promise<readonly string[]> => {
  const column = (read: (delivery: NewDelivery) => string | number | null) => list(deliveries.map(read))
  const hex = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).toString("hex") : null)
  const rows = await sql<{ id: string }>`
    insert into notification.delivery (id, workspace_id, subscription_id, event_id, user_id, type, about, run_id,
      channel, address, shown, content, status, due_at, finished_at)
    select new.id, new.workspace_id, subscription_id, event_id, new.user_id, type, about, run_id, new.channel,
      decode(new.address, 'hex'), new.shown, content::json, status,
      case status when 'held' then to_timestamp(held_s) when 'queued' then clock_timestamp() end,
      case status when 'delivered' then clock_timestamp() end
    from unnest(
        ${column(({ id }) => id)}::text::uuid[], ${column(({ workspace_id }) => workspace_id)}::text::uuid[],
        ${column(({ subscription_id }) => subscription_id)}::text::uuid[], ${column(({ event_id }) => event_id)}::text::uuid[],
        ${column(({ user_id }) => user_id)}::text::uuid[], ${column(({ content }) => content.type)}::text::text[],
        ${column(({ about }) => about)}::text::text[], ${column(({ run_id }) => run_id)}::text::uuid[],
        ${column(({ channel }) => channel)}::text::text[], ${column(({ address }) => hex(address))}::text::text[],
        ${column(({ shown }) => shown)}::text::text[],
        string_to_array(${lines(deliveries.map(({ content }) => json(content)))}::text, E'\n'),
        ${column(statusOf)}::text::text[],
        ${column(({ held_until_ms }) => (held_until_ms === undefined ? null : held_until_ms / 1_000))}::text::float8[]
      ) as new (id, workspace_id, subscription_id, event_id, user_id, type, about, run_id, channel, address, shown,
        content, status, held_s)
      left join notification.subscription on subscription.id = subscription_id
    where subscription_id is null or subscription.id is not null
    order by new.id
    on conflict do nothing
    returning id`
  return rows.map(({ id }) => id)
}
