import type { Sql } from "#kernel/database/database.ts"
import type { QueueSettings } from "./queues.ts"

export const readQueues = (sql: Sql): Promise<readonly QueueSettings[]> =>
  sql<QueueSettings>`select workspace_id, name, paused, concurrency, rate_limit from scheduler.queue`
