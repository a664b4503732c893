import type { Database, Sql } from "#kernel/database/database.ts"

const max_rows = 2_000

/** Removes what is old and settled, a bounded batch a round. Answers whether there may be more. */
export const cleanNotifications =
  ({ database }: { readonly database: Database }, keep_days: number) =>
  async (): Promise<boolean> => {
    const deliveries = await database.run((sql) => deleteDeliveries(sql, keep_days))
    const notifications = await database.tx((sql) => deleteNotifications(sql, keep_days))
    return Math.max(deliveries.length, notifications) === max_rows
  }

/** What waits behind a pause has no time at which it is due, but isn't settled. */
const deleteDeliveries = (sql: Sql, keep_days: number) =>
  sql`
    delete from notification.delivery where id = any(array(
      select id from notification.delivery
      where created_at < now() - ${keep_days}::int * interval '1 day' and due_at is null
        and (finished_at is not null or created_at < now() - 2 * ${keep_days}::int * interval '1 day')
      order by created_at
      limit ${max_rows}::int
    ))
    returning id`

const deleteNotifications = async (sql: Sql, keep_days: number): Promise<number> => {
  const [row] = await sql<{ count: number }>`
    with gone as (
      delete from notification.notification where id = any(array(
        select id from notification.notification
        where created_at < now() - ${keep_days}::int * interval '1 day'
        order by created_at
        limit ${max_rows}::int
      ))
      returning workspace_id, user_id, read_at
    ), fewer as (
      update notification.mailbox set unread = mailbox.unread - counted.unread
      from (
        select workspace_id, user_id, count(*)::int as unread from gone where read_at is null
        group by workspace_id, user_id
      ) as counted
      where mailbox.workspace_id = counted.workspace_id and mailbox.user_id = counted.user_id
    )
    select count(*)::int as count from gone`
  return row?.count ?? 0
}
