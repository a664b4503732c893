import type { Engine } from "../engine.ts"
import type { Limit } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import type { LaneShare } from "./share.ts"

/** Another claim is working on the limits of a queue: it takes no longer than this. */
const busy_ms = 10

const keyOf = ({ workspace_id, queue }: Pick<Limit, "workspace_id" | "queue">) => `${workspace_id} ${queue}`

/** No more than the limits of their queues allow now; a lane that is allowed nothing stays known. */
export const limitShares = async (
  { lanes, queues }: Engine,
  step: Step,
  shares: readonly LaneShare[],
): Promise<readonly LaneShare[]> => {
  const limited = shares.filter((share) => queues.isLimited(share))
  if (limited.length === 0) return shares
  const distinct = [...new Map(limited.map((share) => [keyOf(share), share])).values()]
  const limits = new Map((await step.rows.limits(distinct)).map((limit) => [keyOf(limit), { ...limit }]))
  return shares.flatMap((share) => {
    if (!limited.includes(share)) return [share]
    const limit = limits.get(keyOf(share))
    const max_tasks = Math.min(share.max_tasks, limit?.allowed ?? 0)
    if (!limit || limit.wait_ms > 0) lanes.waitFor(limit?.wait_ms ?? busy_ms)
    if (!limit || max_tasks <= 0) return []
    limit.allowed -= max_tasks
    return [{ ...share, max_tasks, limited: true }]
  })
}
