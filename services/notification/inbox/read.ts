import type { Sql } from "#kernel/database/database.ts"
import type { Holder } from "../stream/held.ts"
import type { Notification } from "./shape.ts"

export type NotificationRow = Omit<Notification, "read_at" | "created_at"> & {
  readonly seq: string
  readonly read_at: Date | null
  readonly created_at: Date
}

export const notificationOf = ({ seq: _, read_at, created_at, ...row }: NotificationRow): Notification => ({
  ...row,
  read_at: read_at?.toISOString() ?? null,
  created_at: created_at.toISOString(),
})

export type Box = { readonly seq: number; readonly unread: number }

/** How far the numbers have come, and how many are unread. */
export const readBox = async (sql: Sql, { workspace_id, user_id }: Holder): Promise<Box> => {
  const [row] = await sql<{ seq: string; unread: number }>`
    select seq, unread from notification.mailbox
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
  return row ? { seq: Number(row.seq), unread: row.unread } : { seq: 0, unread: 0 }
}

export type News = Box & { readonly rows: readonly NotificationRow[] }

type NewsRow = NotificationRow & { readonly head: string; readonly unread: number }

/** What has come behind a number, in its order, and what is unread: as of one moment. The mailbox is there. */
export const readNews = async (
  sql: Sql,
  { workspace_id, user_id }: Holder,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<News> => {
  const found = await sql<NewsRow>`
    select mailbox.seq as head, unread, new.*
    from notification.mailbox
      left join lateral (
        select id, type, title, body, link, read_at, created_at, notification.seq
        from notification.notification
        where notification.workspace_id = mailbox.workspace_id and notification.user_id = mailbox.user_id
          and notification.seq > ${after}::float8::bigint
        order by notification.seq
        limit ${limit}::int
      ) as new on true
    where mailbox.workspace_id = ${workspace_id}::text::uuid and mailbox.user_id = ${user_id}::text::uuid
    order by new.seq`
  const [first] = found
  const rows = found.filter(({ id }) => id !== null).map(({ head: _, unread: __, ...row }) => row)
  return { seq: Number(first?.head ?? 0), unread: first?.unread ?? 0, rows }
}
