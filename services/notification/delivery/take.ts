import { list, type Sql } from "#kernel/database/database.ts"
import type { Content } from "../event/content.ts"
import type { Channel } from "../subscription/shape.ts"

export type Due = {
  readonly id: string
  readonly workspace_id: string
  readonly subscription_id: string | null
  readonly user_id: string | null
  readonly run_id: string | null
  readonly channel: Channel
  readonly shown: string
  readonly content: Content
  readonly attempt: number
  readonly tries: number
  readonly created_at: Date
  /** Of the subscription, or of the delivery itself where there is none. */
  readonly address: Uint8Array | null
  readonly secret: Uint8Array | null
  /** Null once the time is over in which it signs, too. */
  readonly old_secret: Uint8Array | null
}

/** Longer than an attempt can take: who takes one and dies leaves it to the others after this. */
const lease_s = { http: 60, mail: 300 } as const
/** One endpoint that is slow keeps no other from what it is to be sent. */
const max_per_subscription = 4
const max_seen = 500

/** Takes some of what is due, each for one attempt; of what belongs together only so much is under way at once. */
export const takeDue = (
  sql: Sql,
  limit: number,
  under_way: readonly Pick<Due, "id" | "subscription_id">[],
) => {
  const busy = [...Map.groupBy(under_way, ({ id, subscription_id }) => subscription_id ?? id)]
  const full = busy.filter(([, some]) => some.length >= max_per_subscription)
  return sql<Due>`
    with busy as (
      select * from unnest(
        ${list(busy.map(([id]) => id))}::text::uuid[], ${list(busy.map(([, some]) => some.length))}::text::int[]
      ) as given (id, count)
    ), seen as (
      select id, coalesce(subscription_id, id) as whole_id, due_at from notification.delivery
      where due_at <= now() and status = 'queued'
        and coalesce(subscription_id, id) <> all(${list(full.map(([id]) => id))}::text::uuid[])
      order by due_at
      limit ${max_seen}::int
    ), fair as (
      select placed.id from (
        select id, whole_id, due_at, row_number() over (partition by whole_id order by due_at) as place from seen
      ) as placed left join busy on busy.id = placed.whole_id
      where place <= ${max_per_subscription}::int - coalesce(busy.count, 0)
      order by due_at
      limit ${limit}::int
    ), mine as (
      select id from notification.delivery
      where id in (select id from fair) and due_at <= now() and status = 'queued'
      for update skip locked
    ), taken as (
      update notification.delivery
      set attempt = attempt + 1, tries = tries + 1,
        due_at = now() + case channel when 'email' then ${lease_s.mail}::int else ${lease_s.http}::int end * interval '1 second'
      where id in (select id from mine)
      returning *
    )
    select taken.id, taken.workspace_id, subscription_id, taken.user_id, run_id, taken.channel, taken.shown, content,
      attempt, tries, taken.created_at, coalesce(subscription.address, taken.address) as address, secret,
      case when old_secret_until > now() then old_secret end as old_secret
    from taken left join notification.subscription on subscription.id = subscription_id`
}
