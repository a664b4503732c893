import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Office } from "../office.ts"
import { subscriptionDeed } from "./deed.ts"
import { type SubscriptionRow, subscriptionOf } from "./read.ts"
import { changed, checkEvents, columnsOf, type Settings, targetOf } from "./settings.ts"
import type { ChangeSubscription, Subscription } from "./shape.ts"
import { allowEvents, lockSubscription } from "./viewer.ts"

/** What is named is set, all else stays. */
export const changeSubscription =
  (office: Office) =>
  async (actor: Caller, id: string, given: ChangeSubscription): Promise<Subscription> => {
    allow(actor, "subscription.write")
    return office.database.tx(async (sql) => {
      const row = await lockSubscription(sql, actor, id)
      const settings = changed(subscriptionOf(row), given)
      allowEvents(actor, settings.events)
      checkEvents(settings)
      const target =
        given.to === undefined
          ? { address: row.address, shown: row.shown }
          : await targetFor(office, row, { ...settings, to: given.to, own_email: actor.email })
      const after = await update(sql, id, { ...settings, ...target })
      sql.afterCommit(() => office.listening.add(after.events, after.counts_from))
      await record(sql, actor, [subscriptionDeed("changed", after)])
      return subscriptionOf(after)
    })
  }

type Wanted = Omit<Settings, "name"> & { readonly own_email: string }

const targetFor = async (office: Office, { id }: SubscriptionRow, wanted: Wanted) => {
  const { address, shown } = targetOf(office, wanted)
  return { address: address === null ? null : await office.vault.seal(id, address), shown }
}

type After = Omit<Settings, "to"> & Pick<SubscriptionRow, "address" | "shown">

const update = async (sql: Sql, id: string, after: After): Promise<SubscriptionRow> => {
  const { longer_than_ms, quiet_from, quiet_until } = columnsOf(after)
  const [row] = await sql<SubscriptionRow>`
    update notification.subscription
    set name = ${after.name}, events = ${list(after.events)}::text::text[],
      workflows = ${list(after.workflows)}::text::text[], tags = ${list(after.tags)}::text::text[],
      longer_than_ms = ${longer_than_ms}::float8::bigint, address = ${after.address}::bytea, shown = ${after.shown},
      digest = ${after.digest}, quiet_from = ${quiet_from}::int, quiet_until = ${quiet_until}::int,
      timezone = ${after.timezone}, updated_at = now(),
      counts_from = case when events <@ ${list(after.events)}::text::text[] and events @> ${list(after.events)}::text::text[]
        then counts_from else clock_timestamp() end
    where id = ${id}::text::uuid
    returning *`
  if (!row) throw new Problem("subscription.not_found")
  return row
}
