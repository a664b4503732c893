import type { Sql } from "#kernel/database/database.ts"
import type { Content } from "../event/content.ts"
import type { Viewer } from "../subscription/read.ts"
import type { DeliveryStatus } from "./moves.ts"
import type { Delivery } from "./shape.ts"

export type DeliveryRow = Pick<
  Delivery,
  "id" | "subscription_id" | "event_id" | "type" | "run_id" | "channel" | "error" | "digest_id"
> & {
  readonly shown: string
  readonly content: Content
  readonly status: DeliveryStatus
  readonly attempt: number
  readonly due_at: Date | null
  readonly created_at: Date
  readonly finished_at: Date | null
}

export const deliveryOf = (row: DeliveryRow): Delivery => {
  const { id, subscription_id, event_id, type, run_id, channel, error, digest_id, status } = row
  return {
    ...{
      id,
      subscription_id,
      event_id,
      type,
      run_id,
      channel,
      to: row.shown,
      title: row.content.title,
      status,
    },
    attempts: row.attempt,
    next_attempt_at: row.due_at?.toISOString() ?? null,
    ...{ error, digest_id },
    created_at: row.created_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}

export type DeliveriesFilter = Viewer & {
  readonly id: string | null
  readonly subscription_id: string | null
  readonly status: string | null
  readonly run_id: string | null
  readonly before: string | null
  readonly limit: number
}

/** Newest first: one's own, and with the right to manage them those of the workspace and of its tasks. */
export const readDeliveries = (sql: Sql, filter: DeliveriesFilter) =>
  sql<DeliveryRow>`
    select id, subscription_id, event_id, type, run_id, channel, shown, content, status, attempt, due_at, error,
      digest_id, created_at, finished_at
    from notification.delivery
    where workspace_id = ${filter.workspace_id}::text::uuid
      and (user_id = ${filter.user_id}::text::uuid or (user_id is null and ${filter.manages}::boolean))
      and (${filter.id}::text is null or id = ${filter.id}::text::uuid)
      and (${filter.subscription_id}::text is null or subscription_id = ${filter.subscription_id}::text::uuid)
      and (${filter.status}::text is null or status = ${filter.status}::text)
      and (${filter.run_id}::text is null or run_id = ${filter.run_id}::text::uuid)
      and (${filter.before}::text is null or id < ${filter.before}::text::uuid)
    order by id desc
    limit ${filter.limit}::int`
