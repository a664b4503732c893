import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import type { Queue, QueueSettings } from "./shape.ts"
import { rate_ms, summarizeQueue } from "./summarize.ts"

export type SetQueue = QueueSettings & { readonly name: string }

/** What is left out stays as it is. */
export const setQueue =
  (engine: Engine) =>
  async (actor: Caller, { name, ...settings }: SetQueue): Promise<Queue> => {
    allow(actor, "queue.manage")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const changed = await write(sql, workspace_id, { name, ...settings })
      sql.afterCommit(() => engine.ready.fire())
      const queue = await summarizeQueue(sql, workspace_id, name)
      await record(sql, actor, changed ? [changedDeed(name, settings)] : [])
      return queue
    })
  }

const changedDeed = (name: string, { concurrency, rate_limit }: QueueSettings): Deed => ({
  action: "queue.changed",
  subject: { kind: "queue", id: null, name },
  details: {
    ...(concurrency !== undefined && { concurrency: concurrency ?? "unlimited" }),
    ...(rate_limit !== undefined && {
      rate_limit: rate_limit ? `${rate_limit.limit}/${rate_limit.per}` : "unlimited",
    }),
  },
})

/** Answers whether it wasn't so already. */
const write = async (
  sql: Sql,
  workspace_id: string,
  { name, concurrency, rate_limit }: SetQueue,
): Promise<boolean> => {
  const is_rated = rate_limit !== undefined
  const rows = await sql`
    insert into scheduler.queue as known (workspace_id, name, concurrency, rate_limit, rate_ms)
    values (${workspace_id}::text::uuid, ${name}, ${concurrency ?? null}::int, ${rate_limit?.limit ?? null}::int,
      ${rate_limit ? rate_ms[rate_limit.per] : null}::int)
    on conflict (workspace_id, name) do update
    set concurrency = case when ${concurrency !== undefined}::boolean then excluded.concurrency else known.concurrency end,
      rate_limit = case when ${is_rated}::boolean then excluded.rate_limit else known.rate_limit end,
      rate_ms = case when ${is_rated}::boolean then excluded.rate_ms else known.rate_ms end,
      updated_at = now()
    where (${concurrency !== undefined}::boolean and known.concurrency is distinct from excluded.concurrency)
      or (${is_rated}::boolean and (known.rate_limit, known.rate_ms)
        is distinct from (excluded.rate_limit, excluded.rate_ms))
    returning name`
  return rows.length > 0
}
