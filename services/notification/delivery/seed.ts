import { list, type Sql } from "#kernel/database/database.ts"
import type { Content } from "../event/content.ts"
import { aboutOf, type Fact } from "../event/fact.ts"
import type { Wanted } from "../event/narrow.ts"
import type { Office } from "../office.ts"
import type { Channel } from "../subscription/shape.ts"
import { heldUntilMs, storm } from "./hold.ts"

type Seed = {
  readonly id: string
  readonly workspace_id: string
  readonly subscription_id: string | null
  readonly event_id: string
  readonly user_id: string | null
  readonly about: string
  readonly run_id: string | null
  readonly channel: Channel
  readonly shown: string
  /** Undefined: it goes out at once. */
  readonly held_until_ms: number | undefined
}

export type NewDelivery = Seed & { readonly content: Content; readonly address?: Uint8Array }

const keyOf = (subscription_id: string, about: string): string => `${subscription_id} ${about}`

type Count = { readonly subscription_id: string; readonly about: string; readonly recent: number }

const countRecent = async (sql: Sql, ids: readonly string[]): Promise<Map<string, number>> => {
  const rows = await sql<Count>`
    select subscription_id, about, count(*)::int as recent
    from notification.delivery
    where subscription_id = any(${list(ids)}::text::uuid[]) and status <> 'held' and digest_id is null
      and created_at > now() - ${storm.window_ms}::float8 * interval '1 millisecond'
    group by subscription_id, about`
  return new Map(rows.map(({ subscription_id, about, recent }) => [keyOf(subscription_id, about), recent]))
}

/** What is to be delivered, and when: at once, unless its subscription or a storm of its kind has it wait. */
export const deliverySeeds = async (
  { database, kit }: Pick<Office, "database" | "kit">,
  wanted: readonly Wanted[],
): Promise<readonly (Seed & { readonly fact: Fact })[]> => {
  const recent = await database.run((sql) =>
    countRecent(sql, [...new Set(wanted.map(({ subscription: { id } }) => id))]),
  )
  const now_ms = kit.now().getTime()
  return wanted.map(({ fact, subscription, member }) => {
    const about = aboutOf(fact)
    const key = keyOf(subscription.id, about)
    const before = recent.get(key) ?? 0
    const held_until_ms = heldUntilMs(subscription, { now_ms, recent: before })
    if (held_until_ms === undefined) recent.set(key, before + 1)
    const { channel, user_id } = subscription
    const shown = channel === "email" && member ? member.email : subscription.shown
    return {
      ...{ id: kit.id(), workspace_id: fact.workspace_id, subscription_id: subscription.id, fact },
      ...{ event_id: fact.event_id, user_id, about, run_id: fact.run_id, channel, shown, held_until_ms },
    }
  })
}
