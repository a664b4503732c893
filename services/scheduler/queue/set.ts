import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import type { Queue, QueueSettings } from "./shape.ts"
import { rate_ms, summarizeQueue } from "./summarize.ts"

export type SetQueue = QueueSettings & { readonly name: string }

/** What is left out stays as it is. */
export const setQueue =
  (engine: Engine) =>
  async (actor: Actor, { name, ...settings }: SetQueue): Promise<Queue> => {
    allow(actor, "queue.manage")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      await write(sql, workspace_id, { name, ...settings })
      sql.afterCommit(() => engine.ready.fire())
      return summarizeQueue(sql, workspace_id, name)
    })
  }

const write = (sql: Sql, workspace_id: string, { name, concurrency, rate_limit }: SetQueue) => {
  const is_rated = rate_limit !== undefined
  return sql`
    insert into scheduler.queue as known (workspace_id, name, concurrency, rate_limit, rate_ms)
    values (${workspace_id}::text::uuid, ${name}, ${concurrency ?? null}::int, ${rate_limit?.limit ?? null}::int,
      ${rate_limit ? rate_ms[rate_limit.per] : null}::int)
    on conflict (workspace_id, name) do update
    set concurrency = case when ${concurrency !== undefined}::boolean then excluded.concurrency else known.concurrency end,
      rate_limit = case when ${is_rated}::boolean then excluded.rate_limit else known.rate_limit end,
      rate_ms = case when ${is_rated}::boolean then excluded.rate_ms else known.rate_ms end,
      updated_at = now()`
}
