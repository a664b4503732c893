import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { type NotificationRow, notificationOf, readBox } from "./read.ts"
import type { Notification, Unread } from "./shape.ts"

type Wanted = Page & { readonly unread: boolean }

/** One's own, newest first. The cursor is a number in one's own mailbox. */
export const listNotifications =
  (database: Database) =>
  async (actor: Actor, { limit, cursor, unread }: Wanted): Promise<PageOf<Notification>> => {
    allow(actor, "notification.read")
    const { workspace_id, user_id } = actor
    const rows = await database.run(
      (sql) => sql<NotificationRow>`
        select id, type, title, body, link, read_at, created_at, seq from notification.notification
        where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid
          and (${cursor ?? null}::text is null or seq < ${cursor ?? null}::text::bigint)
          and (not ${unread}::boolean or read_at is null)
        order by seq desc
        limit ${limit + 1}::int`,
    )
    const page = pageOf(rows, limit, ({ seq }) => seq)
    return { ...page, items: page.items.map(notificationOf) }
  }

export const countUnread =
  (database: Database) =>
  async (actor: Actor): Promise<Unread> => {
    allow(actor, "notification.read")
    return { count: (await database.run((sql) => readBox(sql, actor))).unread }
  }
