import { openDatabase } from "#kernel/database/open.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { createSignal } from "#kernel/service/signal.ts"
import { createLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import type { Engine } from "#services/scheduler/engine.ts"
import { createLanes } from "#services/scheduler/lane/lanes.ts"
import { createPlans } from "#services/scheduler/plan/plans.ts"
import { createQueues } from "#services/scheduler/queue/queues.ts"
import { createFeed } from "#services/scheduler/run/feed.ts"
import { transactOver } from "#services/scheduler/step/postgres.ts"
import { createMeasures } from "#services/scheduler/task/measure.ts"

/** A scheduler's engine in this process, with nothing but the database in common with others. */
export const openEngine = (url: string, name: string): Engine & { close(): Promise<void> } => {
  const log = createLog({ service: name, level: "warn", destination: 2 })
  const common = { url, schema: "scheduler", application_name: name, log }
  const database = openDatabase({ ...common, max_sessions: 4 })
  const hot = openDatabase({ ...common, max_sessions: 6, hot: true })
  return {
    ...{ database, hot, log, kit: systemKit() },
    transact: transactOver(hot),
    plans: createPlans(),
    lanes: createLanes(),
    queues: createQueues(),
    feed: createFeed(),
    ready: createSignal(),
    moved: createSignal(),
    stopped: createSignal(),
    measures: createMeasures(createMetrics()),
    async close() {
      await Promise.all([database.close(), hot.close()])
    },
  }
}
