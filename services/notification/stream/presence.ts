import { list, type Sql } from "#kernel/database/database.ts"
import type { Holder } from "./held.ts"
import { limits } from "./limits.ts"

type Noted = Holder & { readonly opening: number }

/** Behind the lock of the mailbox: news whose transaction doesn't see this yet is committed before, and so is read at once. */
export const insertPresence = async (sql: Sql, instance_id: string, noted: Noted): Promise<void> => {
  const { workspace_id, user_id } = noted
  await sql`
    insert into notification.mailbox as mailbox (workspace_id, user_id)
    values (${workspace_id}::text::uuid, ${user_id}::text::uuid)
    on conflict (workspace_id, user_id) do update set seq = mailbox.seq`
  await beAlive(sql, instance_id, [noted])
}

export const beAlive = async (sql: Sql, instance_id: string, holders: readonly Noted[]): Promise<void> => {
  await sql`
    insert into notification.instance (id, alive_until)
    values (${instance_id}::text::uuid, now() + ${limits.alive_s}::int * interval '1 second')
    on conflict (id) do update set alive_until = excluded.alive_until`
  await sql`
    insert into notification.presence as presence (workspace_id, user_id, instance_id, opening)
    select workspace_id, user_id, ${instance_id}::text::uuid, opening
    from unnest(${list(holders.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(holders.map(({ user_id }) => user_id))}::text::uuid[],
      ${list(holders.map(({ opening }) => opening))}::text::bigint[]) as t (workspace_id, user_id, opening)
    order by workspace_id, user_id
    on conflict (workspace_id, user_id, instance_id)
      do update set opening = excluded.opening where presence.opening < excluded.opening`
}

export const deletePresence = (sql: Sql, instance_id: string, { workspace_id, user_id, opening }: Noted) =>
  sql`
    delete from notification.presence
    where workspace_id = ${workspace_id}::text::uuid and user_id = ${user_id}::text::uuid
      and instance_id = ${instance_id}::text::uuid and opening <= ${opening}::float8::bigint`

/** A statement of its own, whose snapshot is younger than the lock. */
export const insertPushes = (sql: Sql, holders: readonly Holder[]) =>
  sql`
    insert into notification.push (instance_id, workspace_id, user_id)
    select distinct instance_id, workspace_id, user_id
    from unnest(${list(holders.map(({ workspace_id }) => workspace_id))}::text::uuid[],
        ${list(holders.map(({ user_id }) => user_id))}::text::uuid[]) as t (workspace_id, user_id)
      join notification.presence using (workspace_id, user_id)
      join notification.instance on instance.id = instance_id
    where alive_until > now()`

export const takePushes = (sql: Sql, instance_id: string) =>
  sql<Holder>`
    delete from notification.push where instance_id = ${instance_id}::text::uuid
    returning workspace_id, user_id`

export const forgetDead = (sql: Sql) =>
  sql`
    delete from notification.instance
    where alive_until < now() - ${limits.forget_s}::int * interval '1 second'`
