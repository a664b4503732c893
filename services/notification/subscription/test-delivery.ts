import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import { keepDeliveries } from "../delivery/keep.ts"
import { deliveryOf, readDeliveries } from "../delivery/read.ts"
import type { Delivery } from "../delivery/shape.ts"
import type { Office } from "../office.ts"
import { noSubscription } from "./shape.ts"
import { lockSubscription, viewerOf } from "./viewer.ts"

/** Sends something to where the subscription leads, at once, to see that it arrives. */
export const testSubscription =
  (office: Office) =>
  async (actor: Caller, id: string): Promise<Delivery> => {
    allow(actor, "subscription.write")
    const row = await office.database.tx((sql) => lockSubscription(sql, actor, id))
    const { workspace_id, user_id, channel } = row
    const delivery_id = office.kit.id()
    const title = "A test of wf's notifications"
    const body = `It was asked for by ${actor.email}. Nothing has happened.`
    const shown = channel === "email" && user_id !== null ? actor.email : row.shown
    await keepDeliveries(office, [
      {
        ...{
          id: delivery_id,
          workspace_id,
          subscription_id: id,
          event_id: delivery_id,
          user_id,
          about: "test",
        },
        ...{ run_id: null, channel, shown, held_until_ms: undefined },
        content: { type: "test", title, body, link: null, data: { workspace_id } },
      },
    ])
    const any = { subscription_id: null, status: null, run_id: null, before: null, limit: 1 }
    const [made] = await office.database.run((sql) =>
      readDeliveries(sql, { ...viewerOf(actor), ...any, id: delivery_id }),
    )
    if (!made) throw noSubscription(id)
    return deliveryOf(made)
  }
