import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import type { Queue } from "./shape.ts"
import { summarizeQueues } from "./summarize.ts"

export const listQueues =
  (database: Database) =>
  async (actor: Actor, { cursor = "", limit }: Page): Promise<PageOf<Queue>> => {
    allow(actor, "job.read")
    const queues = await database.run((sql) => summarizeQueues(sql, actor.workspace_id))
    return pageOf(
      queues.filter(({ name }) => name > cursor),
      limit,
      ({ name }) => name,
    )
  }
