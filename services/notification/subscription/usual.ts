import { list, type Sql } from "#kernel/database/database.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { Holder } from "../stream/held.ts"

/** Everybody hears of what waits for them, until they pause this. */
const name = "What waits for me"

const idOf = ({ workspace_id, user_id }: Holder): string => derivedId(workspace_id, `approvals ${user_id}`)

/** Made when somebody looks for theirs, or the first thing waits for them. */
export const insertUsual = async (sql: Sql, holders: readonly Holder[]): Promise<void> => {
  if (holders.length === 0) return
  const known = new Map(holders.map((holder) => [idOf(holder), holder]))
  const ids = [...known.keys()].sort()
  const columnOf = (column: keyof Holder) => list(ids.map((id) => known.get(id)?.[column] ?? ""))
  await sql`
    insert into notification.subscription
      (id, workspace_id, user_id, name, source, events, workflows, tags, channel, shown, digest, timezone, counts_from, created_by)
    select id, workspace_id, user_id, ${name}, 'usual', array['approval.waiting', 'approval.reminded'], '{}', '{}',
      'in_app', '', 'none', 'UTC', to_timestamp(0), user_id
    from unnest(${list(ids)}::text::uuid[], ${columnOf("workspace_id")}::text::uuid[], ${columnOf("user_id")}::text::uuid[])
      as t (id, workspace_id, user_id)
    on conflict do nothing`
}
