import type { Pool } from "#kernel/database/open.ts"
import type { Metrics } from "./metrics.ts"

/** How much of a pool is in use, and who waits for it. */
export const observePool = (name: string, pool: Pool, metrics: Metrics): void => {
  const used = metrics.gauge("pool_sessions", "Sessions of a pool with PostgreSQL, by what they do.")
  metrics.collect(() => {
    for (const [state, count] of Object.entries(pool.usage())) used.set({ pool: name, state }, count)
  })
}
