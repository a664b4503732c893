import { randomBytes } from "node:crypto"
import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Office } from "../office.ts"
import { subscriptionDeed } from "./deed.ts"
import { type SubscriptionRow, subscriptionOf } from "./read.ts"
import {
  type Columns,
  checkEvents,
  columnsOf,
  type Settings,
  type Target,
  targetOf,
  usualName,
} from "./settings.ts"
import type { CreateSubscription, SubscriptionCreated } from "./shape.ts"
import { secretLabel } from "./vault.ts"
import { allowEvents } from "./viewer.ts"

const max_subscriptions = 1_000
const secret_bytes = 24

/** As Standard Webhooks writes them. */
export const newSecret = (): string => `whsec_${randomBytes(secret_bytes).toString("base64")}`

/** Somebody's own; those of the workspace take a permission of their own. */
export const createSubscription =
  (office: Office) =>
  async (actor: Caller, wanted: CreateSubscription): Promise<SubscriptionCreated> => {
    allow(actor, "subscription.write")
    if (wanted.scope === "workspace") allow(actor, "subscription.manage")
    allowEvents(actor, wanted.events)
    const settings: Settings = { ...wanted, name: wanted.name ?? usualName(wanted) }
    checkEvents(settings)
    const target = targetOf(office, { ...settings, own_email: actor.email })
    const { kit, vault, database } = office
    const id = kit.id()
    const secret = settings.channel === "webhook" ? newSecret() : null
    const sealed = {
      address: target.address === null ? null : await vault.seal(id, target.address),
      secret: secret === null ? null : await vault.seal(secretLabel(id), secret),
    }
    const { workspace_id, user_id } = actor
    const made = {
      ...settings,
      ...columnsOf(settings),
      ...sealed,
      shown: target.shown,
      id,
      workspace_id,
      user_id,
    }
    return database.tx(async (sql) => {
      const row = await insertSubscription(sql, made)
      sql.afterCommit(() => office.listening.add(row.events, row.counts_from))
      await record(sql, actor, [subscriptionDeed("created", row)])
      return { ...subscriptionOf(row), secret }
    })
  }

type Made = Settings &
  Columns &
  Pick<Target, "shown"> & {
    readonly id: string
    readonly workspace_id: string
    readonly user_id: string
    readonly address: Uint8Array | null
    readonly secret: Uint8Array | null
  }

const insertSubscription = async (sql: Sql, made: Made): Promise<SubscriptionRow> => {
  // Counted one after the other, so that many at once don't pass the bound together.
  await sql`select pg_advisory_xact_lock(hashtextextended(${made.workspace_id}, 0))`
  const [row] = await sql<SubscriptionRow>`
    insert into notification.subscription (id, workspace_id, user_id, name, source, events, workflows, tags,
      longer_than_ms, channel, address, shown, secret, digest, quiet_from, quiet_until, timezone, created_by)
    select ${made.id}::text::uuid, ${made.workspace_id}::text::uuid,
      ${made.scope === "own" ? made.user_id : null}::text::uuid, ${made.name}, 'made',
      ${list(made.events)}::text::text[], ${list(made.workflows)}::text::text[], ${list(made.tags)}::text::text[],
      ${made.longer_than_ms}::float8::bigint, ${made.channel}, ${made.address}::bytea, ${made.shown},
      ${made.secret}::bytea, ${made.digest}, ${made.quiet_from}::int, ${made.quiet_until}::int, ${made.timezone},
      ${made.user_id}::text::uuid
    where (
      select count(*) from notification.subscription
      where workspace_id = ${made.workspace_id}::text::uuid and source = 'made'
    ) < ${max_subscriptions}::int
    returning *`
  if (row) return row
  throw new Problem("subscription.too_many", { detail: `A workspace has at most ${max_subscriptions}.` })
}
