import { openDatabase } from "#kernel/database/open.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { createLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { createEngine, type Engine } from "#services/scheduler/engine.ts"

/** A scheduler's engine in this process, with nothing but the database in common with others. */
export const openEngine = (url: string, name: string): Engine & { close(): Promise<void> } => {
  const log = createLog({ service: name, level: "warn", destination: 2 })
  const common = { url, schema: "scheduler", application_name: name, log }
  const database = openDatabase({ ...common, max_sessions: 4 })
  const hot = openDatabase({ ...common, max_sessions: 6, hot: true })
  return {
    ...createEngine({ database, hot, log, kit: systemKit(), metrics: createMetrics() }),
    async close() {
      await Promise.all([database.close(), hot.close()])
    },
  }
}
