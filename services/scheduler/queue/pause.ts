import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Engine } from "../engine.ts"
import type { Queue } from "./shape.ts"
import { summarizeQueue } from "./summarize.ts"

/** Nothing of a paused queue is given to workers; what runs goes on. Resuming wakes those who wait for work. */
export const pauseQueue =
  (engine: Engine, paused: boolean) =>
  async (actor: Actor, name: string): Promise<Queue> => {
    allow(actor, "queue.manage")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      await sql`
        insert into scheduler.queue (workspace_id, name, paused)
        values (${workspace_id}::text::uuid, ${name}, ${paused}::boolean)
        on conflict (workspace_id, name) do update set paused = excluded.paused, updated_at = now()`
      sql.afterCommit(() => engine.ready.fire())
      return summarizeQueue(sql, workspace_id, name)
    })
  }
