import { list, type Sql } from "#kernel/database/database.ts"
import type { Content } from "../event/content.ts"
import type { Streams } from "../stream/streams.ts"

export type Mailing = {
  readonly delivery_id: string
  readonly workspace_id: string
  readonly user_id: string
  readonly content: Pick<Content, "type" | "title" | "body" | "link">
}

type Putting = { readonly mailings: readonly Mailing[]; readonly streams: Streams }

/**
 * Numbers what comes behind the locks of the mailboxes, which are taken in the order of their ids, so that numbers have no gaps
 * and are committed in their order. Then tells the processes that hold streams of these people, and no others.
 */
export const putInMailboxes = async (sql: Sql, { mailings, streams }: Putting): Promise<void> => {
  if (mailings.length === 0) return
  const column = (read: (mailing: Mailing) => string | null) => list(mailings.map(read))
  await sql`
    with new as (
      select * from unnest(
        ${column(({ workspace_id }) => workspace_id)}::text::uuid[], ${column(({ user_id }) => user_id)}::text::uuid[],
        ${column(({ content }) => content.type)}::text::text[], ${column(({ content }) => content.title)}::text::text[],
        ${column(({ content }) => content.body)}::text::text[], ${column(({ content }) => content.link)}::text::text[]
      ) with ordinality as t (workspace_id, user_id, type, title, body, link, place)
    ), counted as (
      select workspace_id, user_id, count(*)::int as count from new group by workspace_id, user_id
      order by workspace_id, user_id
    ), box as (
      insert into notification.mailbox as mailbox (workspace_id, user_id, seq, unread)
      select workspace_id, user_id, count, count from counted
      on conflict (workspace_id, user_id)
        do update set seq = mailbox.seq + excluded.seq, unread = mailbox.unread + excluded.unread
      returning workspace_id, user_id, seq
    )
    insert into notification.notification (id, workspace_id, user_id, seq, type, title, body, link)
    select uuidv7(), new.workspace_id, new.user_id,
      box.seq - counted.count + row_number() over (partition by new.workspace_id, new.user_id order by place),
      type, title, body, link
    from new join counted using (workspace_id, user_id) join box using (workspace_id, user_id)
    order by place`
  await streams.announce(sql, mailings)
}
