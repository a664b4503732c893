import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { viewerOf } from "../subscription/viewer.ts"
import { deliveryOf, readDeliveries } from "./read.ts"
import { type Delivery, type DeliveryDetail, noDelivery } from "./shape.ts"

type Wanted = Page & {
  readonly subscription_id?: string | undefined
  readonly status?: string | undefined
  readonly run_id?: string | undefined
}

export const listDeliveries =
  (database: Database) =>
  async (actor: Actor, wanted: Wanted): Promise<PageOf<Delivery>> => {
    allow(actor, "subscription.read")
    const { limit, cursor, subscription_id = null, status = null, run_id = null } = wanted
    const filter = { ...viewerOf(actor), id: null, subscription_id, status, run_id, before: cursor ?? null }
    const rows = await database.run((sql) => readDeliveries(sql, { ...filter, limit: limit + 1 }))
    return pageOf(rows.map(deliveryOf), limit, ({ id }) => id)
  }

const anyOf = { subscription_id: null, status: null, run_id: null, before: null, limit: 1 } as const

/** With what was sent each time, and what was answered. */
export const showDelivery =
  (database: Database) =>
  async (actor: Actor, id: string): Promise<DeliveryDetail> => {
    allow(actor, "subscription.read")
    const [row] = await database.run((sql) => readDeliveries(sql, { ...viewerOf(actor), ...anyOf, id }))
    if (!row) throw noDelivery(id)
    const history = await database.run((sql) => readAttempts(sql, id))
    const { body, link } = row.content
    return {
      ...deliveryOf(row),
      body,
      link,
      history: history.map(({ at, ...one }) => ({ ...one, at: at.toISOString() })),
    }
  }

type AttemptRow = Omit<DeliveryDetail["history"][number], "at"> & { readonly at: Date }

const max_shown = 100

const readAttempts = (sql: Sql, id: string) =>
  sql<AttemptRow>`
    select number, at, took_ms, outcome, request, response, error from notification.attempt
    where delivery_id = ${id}::text::uuid
    order by number desc
    limit ${max_shown}::int`
