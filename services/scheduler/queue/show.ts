import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Queue } from "./shape.ts"
import { summarizeQueue } from "./summarize.ts"

export const showQueue =
  (database: Database) =>
  async (actor: Actor, name: string): Promise<Queue> => {
    allow(actor, "job.read")
    return database.run((sql) => summarizeQueue(sql, actor.workspace_id, name))
  }
