import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Office } from "../office.ts"
import { newSecret } from "./create.ts"
import { subscriptionDeed } from "./deed.ts"
import { type SubscriptionRow, subscriptionOf } from "./read.ts"
import { noSubscription, type Subscription, type SubscriptionCreated } from "./shape.ts"
import { secretLabel } from "./vault.ts"
import { lockSubscription } from "./viewer.ts"

/** What happens while it is paused is told nobody; what was to be sent already is kept until it goes on. */
export const pauseSubscription = (office: Turning) => turn(office, "pause")

export const resumeSubscription = (office: Turning) => turn(office, "resume")

type Turning = Pick<Office, "database" | "listening">

const turn =
  ({ database, listening }: Turning, way: "pause" | "resume") =>
  async (actor: Caller, id: string): Promise<Subscription> => {
    allow(actor, "subscription.write")
    return database.tx(async (sql) => {
      const before = await lockSubscription(sql, actor, id)
      const is_done = (before.paused_at !== null) === (way === "pause")
      if (is_done) return subscriptionOf(before)
      const after = way === "pause" ? await setPaused(sql, id, null) : await setResumed(sql, id)
      if (!after) throw noSubscription(id)
      if (way === "resume") sql.afterCommit(() => listening.add(after.events, after.counts_from))
      await record(sql, actor, [subscriptionDeed(way === "pause" ? "paused" : "resumed", after)])
      return subscriptionOf(after)
    })
  }

/** With the reason if the platform does it. Its row is locked, or locked by this. */
export const setPaused = async (
  sql: Sql,
  id: string,
  reason: string | null,
): Promise<SubscriptionRow | undefined> => {
  const [row] = await sql<SubscriptionRow>`
    update notification.subscription
    set paused_at = clock_timestamp(), pause_reason = ${reason}, updated_at = now()
    where id = ${id}::text::uuid and paused_at is null
    returning *`
  if (!row) return undefined
  await sql`
    update notification.delivery set due_at = null
    where subscription_id = ${id}::text::uuid and due_at is not null`
  return row
}

const setResumed = async (sql: Sql, id: string): Promise<SubscriptionRow | undefined> => {
  const [row] = await sql<SubscriptionRow>`
    update notification.subscription
    set paused_at = null, pause_reason = null, failing_since = null, updated_at = now(),
      counts_from = clock_timestamp()
    where id = ${id}::text::uuid
    returning *`
  await sql`
    update notification.delivery set due_at = clock_timestamp()
    where subscription_id = ${id}::text::uuid and status in ('queued', 'held') and due_at is null`
  return row
}

export const deleteSubscription =
  (database: Database) =>
  async (actor: Caller, id: string): Promise<void> => {
    allow(actor, "subscription.write")
    await database.tx(async (sql) => {
      const row = await lockSubscription(sql, actor, id)
      if (row.source === "usual") {
        throw new Problem("request.invalid", {
          detail: "This one is everybody's: pause it, and it tells you nothing any more.",
        })
      }
      await sql`delete from notification.subscription where id = ${id}::text::uuid`
      await record(sql, actor, [subscriptionDeed("deleted", row)])
    })
  }

/** For as long both are signed with, so that who checks can change over. */
const overlap_h = 24

export const rotateSecret =
  ({ database, vault }: Pick<Office, "database" | "vault">) =>
  async (actor: Caller, id: string): Promise<SubscriptionCreated> => {
    allow(actor, "subscription.write")
    return database.tx(async (sql) => {
      const before = await lockSubscription(sql, actor, id)
      if (before.channel !== "webhook") throw new Problem("subscription.no_secret")
      const secret = newSecret()
      const box = await vault.seal(secretLabel(id), secret)
      const [row] = await sql<SubscriptionRow>`
        update notification.subscription
        set old_secret = secret, old_secret_until = now() + ${overlap_h}::int * interval '1 hour',
          secret = ${box}::bytea, updated_at = now()
        where id = ${id}::text::uuid
        returning *`
      if (!row) throw noSubscription(id)
      await record(sql, actor, [subscriptionDeed("secret_rotated", row)])
      return { ...subscriptionOf(row), secret }
    })
  }
