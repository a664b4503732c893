import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Office } from "../office.ts"
import type { Holder } from "../stream/held.ts"
import { type NotificationRow, notificationOf, readBox } from "./read.ts"
import type { Notification, Unread } from "./shape.ts"

type Marking = Pick<Office, "database" | "streams">

type Mark = (sql: Sql, holder: Holder, id: string) => Promise<number>

/** One of one's own; answers how many fewer are unread by it. Other devices hear how many are. */
const markOne =
  ({ database, streams }: Marking, mark: Mark) =>
  async (actor: Actor, id: string): Promise<Notification> => {
    allow(actor, "notification.read")
    return database.tx(async (sql) => {
      await lockBox(sql, actor)
      const less = await mark(sql, actor, id)
      if (less !== 0) await lessUnread(sql, actor, less)
      const [row] = await sql<NotificationRow>`
        select id, type, title, body, link, read_at, created_at, seq from notification.notification
        where id = ${id}::text::uuid and workspace_id = ${actor.workspace_id}::text::uuid
          and user_id = ${actor.user_id}::text::uuid`
      if (!row)
        throw new Problem("notification.not_found", { detail: `You have no notification ${id} here.` })
      if (less !== 0) await streams.announce(sql, [actor])
      return notificationOf(row)
    })
  }

export const readOne = (office: Marking) => markOne(office, markRead)

/** As if it had not been read. */
export const unreadOne = (office: Marking) => markOne(office, markUnread)

export const readAll =
  ({ database, streams }: Marking) =>
  async (actor: Actor): Promise<Unread> => {
    allow(actor, "notification.read")
    return database.tx(async (sql) => {
      await lockBox(sql, actor)
      const marked = await markRead(sql, actor, null)
      if (marked > 0) await lessUnread(sql, actor, marked)
      if (marked > 0) await streams.announce(sql, [actor])
      return { count: (await readBox(sql, actor)).unread }
    })
  }

const lockBox = (sql: Sql, { workspace_id, user_id }: Holder) =>
  sql`
    select seq from notification.mailbox
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid
    for update`

const markRead = async (sql: Sql, { workspace_id, user_id }: Holder, id: string | null): Promise<number> => {
  const rows = await sql`
    update notification.notification set read_at = clock_timestamp()
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid and read_at is null
      and (${id}::text is null or id = ${id}::text::uuid)
    returning id`
  return rows.length
}

const markUnread: Mark = async (sql, { workspace_id, user_id }, id) => {
  const rows = await sql`
    update notification.notification set read_at = null
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid
      and read_at is not null and id = ${id}::text::uuid
    returning id`
  return -rows.length
}

const lessUnread = (sql: Sql, { workspace_id, user_id }: Holder, marked: number) =>
  sql`
    update notification.mailbox set unread = unread - ${marked}::int
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid`
