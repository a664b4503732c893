import { list, type Sql } from "#kernel/database/database.ts"
import type { Content } from "../event/content.ts"
import { oneLine } from "../event/text.ts"
import { putInMailboxes } from "../inbox/put.ts"
import type { Office } from "../office.ts"
import type { Channel } from "../subscription/shape.ts"
import { insertDeliveries, mailingsOf } from "./keep.ts"
import type { NewDelivery } from "./seed.ts"

const max_bundled = 500
const max_listed = 20
const max_title_chars = 200

type Held = {
  readonly id: string
  readonly workspace_id: string
  readonly subscription_id: string
  readonly event_id: string
  readonly user_id: string | null
  readonly about: string
  readonly run_id: string | null
  readonly channel: Channel
  readonly shown: string
  readonly content: Content
}

/** What has waited for its time goes out: one as it is, several of a subscription as one. Answers whether there may be more. */
export const releaseHeld = (office: Office) => async (): Promise<boolean> => {
  const due = await office.database.run(findDue)
  for (const { subscription_id, workspace_id } of due) {
    // Asked before the transaction, which is not to wait for another service.
    await office.members(workspace_id)
    await releaseOf(office, subscription_id)
  }
  return due.length > 0
}

const findDue = (sql: Sql) =>
  sql<{ subscription_id: string; workspace_id: string }>`
    select distinct subscription_id, workspace_id from (
      select subscription_id, workspace_id from notification.delivery
      where due_at <= now() and status = 'held' order by due_at limit ${max_bundled}::int
    ) as due`

const takeHeld = (sql: Sql, subscription_id: string) =>
  sql<Held>`
    select id, workspace_id, subscription_id, event_id, user_id, about, run_id, channel, shown, content
    from notification.delivery
    where subscription_id = ${subscription_id}::text::uuid and status = 'held' and due_at <= now()
    order by id
    limit ${max_bundled}::int
    for update skip locked`

const releaseOf = async (office: Office, subscription_id: string): Promise<void> => {
  const { database, kit, streams, wake } = office
  const found = await database.run((sql) => takeHeld(sql, subscription_id))
  const [first] = found
  if (!first) return
  const released: NewDelivery =
    found.length === 1 ? { ...first, held_until_ms: undefined } : digestOf(kit.id(), first, found)
  const mailings = await mailingsOf(office, [released])
  await database.tx(async (sql) => {
    const held = await takeHeld(sql, subscription_id)
    // Another process was faster, or more have become due: the next look takes them.
    if (held.map(({ id }) => id).join() !== found.map(({ id }) => id).join()) return
    if (found.length === 1) await letGo(sql, first)
    else await bundle(sql, released, found)
    await putInMailboxes(sql, { mailings, streams })
    sql.afterCommit(wake)
  })
}

const letGo = (sql: Sql, { id, channel }: Held) =>
  sql`
    update notification.delivery
    set status = case when ${channel === "in_app"}::boolean then 'delivered' else 'queued' end,
      due_at = case when ${channel === "in_app"}::boolean then null else clock_timestamp() end,
      finished_at = case when ${channel === "in_app"}::boolean then clock_timestamp() end
    where id = ${id}::text::uuid and status = 'held'`

const bundle = async (sql: Sql, digest: NewDelivery, held: readonly Held[]): Promise<void> => {
  await insertDeliveries(sql, [digest])
  await sql`
    update notification.delivery
    set status = 'bundled', digest_id = ${digest.id}::text::uuid, due_at = null, finished_at = clock_timestamp()
    where id = any(${list(held.map(({ id }) => id))}::text::uuid[]) and status = 'held'`
}

/** How often each kind of thing has happened, the most frequent first. */
const countsOf = (held: readonly Held[]): readonly string[] =>
  [...Map.groupBy(held, ({ about }) => about)]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([about, some]) => (some.length === 1 ? about : `${some.length} × ${about}`))

const digestOf = (id: string, first: Held, held: readonly Held[]): NewDelivery => {
  const { workspace_id, subscription_id, user_id, channel, shown } = first
  const titles = held.slice(0, max_listed).map(({ content: { title } }) => `- ${title}`)
  const more = held.length > max_listed ? [`… and ${held.length - max_listed} more`] : []
  const items = held
    .slice(0, max_listed)
    .map(({ content: { type, title, link }, run_id }) => ({ type, title, link, run_id }))
  return {
    ...{
      id,
      workspace_id,
      subscription_id,
      event_id: id,
      user_id,
      channel,
      shown,
      about: "digest",
      run_id: null,
    },
    held_until_ms: undefined,
    content: {
      type: "digest",
      title: oneLine(`${held.length} notices: ${countsOf(held).join(", ")}`, max_title_chars),
      body: [...titles, ...more].join("\n"),
      link: first.content.link,
      data: { workspace_id, count: held.length, items },
    },
  }
}
