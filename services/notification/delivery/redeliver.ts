import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Viewer } from "../subscription/read.ts"
import { viewerOf } from "../subscription/viewer.ts"
import { deliveryMoves } from "./moves.ts"
import { type DeliveryRow, deliveryOf, readDeliveries } from "./read.ts"
import { type Delivery, noDelivery } from "./shape.ts"

type Redelivering = { readonly database: Database; readonly wake: () => void }

/** Sends it once more, with a new schedule of tries: the same id, so that who has it already can tell. */
export const redeliver =
  ({ database, wake }: Redelivering) =>
  async (actor: Caller, id: string): Promise<Delivery> => {
    allow(actor, "subscription.write")
    return database.tx(async (sql) => {
      const viewer = viewerOf(actor)
      const any = { subscription_id: null, status: null, run_id: null, before: null, limit: 1 }
      const [known] = await readDeliveries(sql, { ...viewer, ...any, id })
      if (!known) throw noDelivery(id)
      if (known.channel === "in_app")
        throw new Problem("request.invalid", { detail: "What is in an inbox needn't go there once more." })
      const [row] = await requeue(sql, [id])
      if (!row) throw new Problem("delivery.not_settled", { detail: `It is ${known.status}.` })
      await record(sql, actor, [
        {
          action: "delivery.redelivered",
          subject: { kind: "delivery", id, name: id },
          details: { type: row.type },
        },
      ])
      sql.afterCommit(wake)
      return deliveryOf(row)
    })
  }

const requeue = (sql: Sql, ids: readonly string[]) =>
  sql<DeliveryRow>`
    update notification.delivery
    set status = ${deliveryMoves.after("dead", "redeliver") ?? ""}, tries = 0, due_at = clock_timestamp(), finished_at = null
    where id = any(${list(ids)}::text::uuid[]) and status = any(${list(deliveryMoves.from("redeliver"))}::text::text[])
      and channel <> 'in_app'
    returning id, subscription_id, event_id, type, run_id, channel, shown, content, status, attempt, due_at, error,
      digest_id, created_at, finished_at`

export type Chosen = {
  readonly status: "dead" | "delivered"
  readonly subscription_id?: string | undefined
  readonly since?: string | undefined
}

const max_at_once = 1_000

/** Many, oldest first; `more` says that there are others. */
export const redeliverMany =
  ({ database, wake }: Redelivering) =>
  async (actor: Caller, chosen: Chosen): Promise<{ redelivered: number; more: boolean }> => {
    allow(actor, "subscription.write")
    return database.tx(async (sql) => {
      const ids = (await choose(sql, viewerOf(actor), chosen)).map(({ id }) => id)
      const rows = await requeue(sql, ids)
      const subject = { kind: "delivery", id: null, name: chosen.status }
      const details = { count: rows.length }
      await record(
        sql,
        actor,
        rows.length === 0 ? [] : [{ action: "delivery.many_redelivered", subject, details }],
      )
      sql.afterCommit(wake)
      return { redelivered: rows.length, more: ids.length === max_at_once }
    })
  }

const choose = (
  sql: Sql,
  viewer: Viewer,
  { status, subscription_id = undefined, since = undefined }: Chosen,
) =>
  sql<{ id: string }>`
    select id from notification.delivery
    where workspace_id = ${viewer.workspace_id}::text::uuid
      and (user_id = ${viewer.user_id}::text::uuid or (user_id is null and ${viewer.manages}::boolean))
      and status = ${status} and channel <> 'in_app'
      and (${subscription_id ?? null}::text is null or subscription_id = ${subscription_id ?? null}::text::uuid)
      and (${since ?? null}::text is null or created_at >= ${since ?? null}::text::timestamptz)
    order by id
    limit ${max_at_once}::int
    for update`
