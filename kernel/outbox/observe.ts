import type { Database } from "#kernel/database/database.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { outboxLag } from "./lag.ts"

/** Shows with the metrics how far each reader of an outbox is behind. */
export const observeOutbox = (database: Database, metrics: Metrics): void => {
  const waiting = metrics.gauge("outbox_waiting", "Rows of an outbox that wait for a reader, at most 10,000.")
  const age = metrics.gauge(
    "outbox_age_seconds",
    "Age of the oldest row of an outbox that waits for a reader.",
  )
  metrics.collect(async () => {
    // While the database is away the other metrics matter all the more.
    const lags = await database.run(outboxLag).catch(() => [])
    for (const { reader, waiting: count, oldest_s } of lags) {
      waiting.set({ service: database.schema, reader }, count)
      age.set({ service: database.schema, reader }, oldest_s)
    }
  })
}
