import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { readSubscriptions, subscriptionOf } from "./read.ts"
import { noSubscription, type Subscription } from "./shape.ts"
import { insertUsual } from "./usual.ts"
import { viewerOf } from "./viewer.ts"

/** One's own, and those of the workspace if one may manage them. */
export const listSubscriptions =
  (database: Database) =>
  async (actor: Actor, { limit, cursor }: Page): Promise<PageOf<Subscription>> => {
    allow(actor, "subscription.read")
    const viewer = viewerOf(actor)
    const rows = await database.tx(async (sql) => {
      await insertUsual(sql, [viewer])
      return readSubscriptions(sql, { ...viewer, id: null, after: cursor ?? null, limit: limit + 1 })
    })
    return pageOf(rows.map(subscriptionOf), limit, ({ id }) => id)
  }

export const showSubscription =
  (database: Database) =>
  async (actor: Actor, id: string): Promise<Subscription> => {
    allow(actor, "subscription.read")
    const filter = { ...viewerOf(actor), id, after: null, limit: 1 }
    const [row] = await database.run((sql) => readSubscriptions(sql, filter))
    if (!row) throw noSubscription(id)
    return subscriptionOf(row)
  }
