import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import type { Queue } from "./shape.ts"
import { summarizeQueue } from "./summarize.ts"

/** Nothing of a paused queue is given to workers; what runs goes on. Resuming wakes those who wait for work. */
export const pauseQueue =
  (engine: Engine, paused: boolean) =>
  async (actor: Caller, name: string): Promise<Queue> => {
    allow(actor, "queue.manage")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const changed = await setPaused(sql, { workspace_id, name, paused })
      sql.afterCommit(() => engine.ready.fire())
      const queue = await summarizeQueue(sql, workspace_id, name)
      const action = paused ? "queue.paused" : "queue.resumed"
      await record(sql, actor, changed ? [{ action, subject: { kind: "queue", id: null, name } }] : [])
      return queue
    })
  }

type Paused = { readonly workspace_id: string; readonly name: string; readonly paused: boolean }

/** Answers whether it wasn't so already: a queue that nothing is known of goes on. */
const setPaused = async (sql: Sql, { workspace_id, name, paused }: Paused): Promise<boolean> => {
  const [row] = await sql<{ made: boolean }>`
    insert into scheduler.queue as known (workspace_id, name, paused)
    values (${workspace_id}::text::uuid, ${name}, ${paused}::boolean)
    on conflict (workspace_id, name) do update set paused = excluded.paused, updated_at = now()
    where known.paused <> excluded.paused
    returning xmax = 0 as made`
  return row !== undefined && (paused || !row.made)
}
