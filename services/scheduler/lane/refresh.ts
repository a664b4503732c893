import type { Engine } from "../engine.ts"
import { readQueues } from "../queue/read.ts"
import { findLanes } from "./find.ts"

/** How old the hints may be: work that another scheduler released, and what was set for a queue, is seen after this. */
const max_age_ms = 200

/** Looks for lanes that this process hasn't heard of; many callers at once share one look. */
export const refreshLanes = (engine: Engine) => {
  let looked_ms = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  const look = async () => {
    const [lanes, queues] = await engine.hot.run((sql) => Promise.all([findLanes(sql), readQueues(sql)]))
    engine.lanes.note(lanes)
    engine.queues.replace(queues)
    looked_ms = performance.now()
  }
  return async (): Promise<void> => {
    if (performance.now() - looked_ms < max_age_ms) return
    looking ??= look().finally(() => {
      looking = undefined
    })
    await looking
  }
}
