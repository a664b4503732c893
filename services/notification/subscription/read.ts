import type { Sql } from "#kernel/database/database.ts"
import { durationText } from "#language/duration.ts"
import type { EventKind } from "../event/kinds.ts"
import type { Channel, Subscription } from "./shape.ts"

export type SubscriptionRow = {
  readonly id: string
  readonly workspace_id: string
  readonly user_id: string | null
  readonly name: string
  readonly source: "made" | "usual"
  readonly events: readonly EventKind[]
  readonly workflows: readonly string[]
  readonly tags: readonly string[]
  readonly longer_than_ms: string | null
  readonly channel: Channel
  readonly address: Uint8Array | null
  readonly shown: string
  readonly digest: Subscription["digest"]
  readonly quiet_from: number | null
  readonly quiet_until: number | null
  readonly timezone: string
  readonly paused_at: Date | null
  readonly pause_reason: string | null
  readonly failing_since: Date | null
  readonly counts_from: Date
  readonly created_by: string
  readonly created_at: Date
  readonly updated_at: Date
}

export type Viewer = {
  readonly workspace_id: string
  readonly user_id: string
  /** They see the workspace's own ones, too. */
  readonly manages: boolean
}

export type SubscriptionsFilter = Viewer & {
  readonly id: string | null
  readonly after: string | null
  readonly limit: number
}

const minuteText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`

export const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

export const subscriptionOf = (row: SubscriptionRow): Subscription => {
  const { id, name, source, channel, shown: to, digest, timezone, quiet_from, quiet_until } = row
  const quiet = quiet_from !== null && quiet_until !== null
  return {
    ...{ id, name, source, channel, to, digest, timezone },
    scope: row.user_id === null ? "workspace" : "own",
    events: [...row.events],
    longer_than: row.longer_than_ms === null ? null : durationText(Number(row.longer_than_ms)),
    workflows: [...row.workflows],
    tags: [...row.tags],
    quiet_hours: quiet ? { from: minuteText(quiet_from), until: minuteText(quiet_until) } : null,
    paused_at: row.paused_at?.toISOString() ?? null,
    pause_reason: row.pause_reason,
    failing_since: row.failing_since?.toISOString() ?? null,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/** By id, which is by time. Nobody sees another person's. */
export const readSubscriptions = (sql: Sql, filter: SubscriptionsFilter) =>
  sql<SubscriptionRow>`
    select * from notification.subscription
    where workspace_id = ${filter.workspace_id}::text::uuid
      and (user_id = ${filter.user_id}::text::uuid or (user_id is null and ${filter.manages}::boolean))
      and (${filter.id}::text is null or id = ${filter.id}::text::uuid)
      and (${filter.after}::text is null or id > ${filter.after}::text::uuid)
    order by id
    limit ${filter.limit}::int`
