import { type Actor, allow } from "#kernel/auth/actor.ts"
import { includes } from "#kernel/auth/permissions.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { EventKind } from "../event/kinds.ts"
import { readSubscriptions, type SubscriptionRow, type Viewer } from "./read.ts"
import { noSubscription } from "./shape.ts"

/** Who sees which. A token that is for other things than managing sees what is its holder's own. */
export const viewerOf = (actor: Actor): Viewer => ({
  workspace_id: actor.workspace_id,
  user_id: actor.user_id,
  manages:
    includes(actor.role, "subscription.manage") && (actor.scopes?.includes("subscription.manage") ?? true),
})

/** Who is told of something may see it: a token that is for other things isn't used to be told. */
export const allowEvents = (actor: Actor, events: readonly EventKind[]): void => {
  if (events.some((kind) => kind.startsWith("job."))) allow(actor, "job.read")
  if (events.some((kind) => !kind.startsWith("job."))) allow(actor, "run.read")
}

/** Locked, so that it stays as it is until the transaction ends. */
export const lockSubscription = async (sql: Sql, actor: Actor, id: string): Promise<SubscriptionRow> => {
  const viewer = viewerOf(actor)
  await sql`
    select id from notification.subscription
    where id = ${id}::text::uuid and workspace_id = ${viewer.workspace_id}::text::uuid for update`
  const [row] = await readSubscriptions(sql, { ...viewer, id, after: null, limit: 1 })
  if (!row) throw noSubscription(id)
  if (row.user_id === null) allow(actor, "subscription.manage")
  return row
}
