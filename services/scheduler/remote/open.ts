import { type Actor, allow, allowQueues } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { durationText } from "#language/duration.ts"
import { functionNamed, jobsOfType } from "#language/slots.ts"
import { type Engine, heartbeat_ms, lease_ms } from "../engine.ts"
import { openSession } from "../session/open.ts"
import type { OpenWorker } from "./shape.ts"

const max_open = 1_000
/** Those that have ended included: they are listed for a day. */
const max_kept = 10_000

/** A session like any worker's, which is given work of the caller's workspace and of no other. */
export const openWorker = (engine: Engine) => {
  const open = openSession(engine)
  return async (actor: Actor, { functions, job_types, slots, queues: wanted, ...rest }: OpenWorker) => {
    allow(actor, "worker.run")
    const queues = queuesOf(actor, wanted)
    const { workspace_id } = actor
    const { open: live, kept } = await engine.hot.run((sql) => countWorkers(sql, workspace_id))
    if (live >= max_open || kept >= max_kept) throw new Problem("worker.too_many")
    const session_id = engine.kit.id()
    const types = [...new Set([...(functions.length > 0 ? ["function"] : []), ...job_types])]
    const takes = [...new Set([...functions.map(functionNamed), ...job_types.map(jobsOfType)])]
    await open({ ...rest, session_id, workspace_id, queues, types, takes, slots, inline_slots: 0 })
    return { worker_id: session_id, lease: durationText(lease_ms), heartbeat: durationText(heartbeat_ms) }
  }
}

/** All are all that the token is for. */
const queuesOf = (actor: Actor, wanted: readonly string[]): readonly string[] => {
  const named = wanted.filter((queue) => queue !== "*")
  allowQueues(actor, named)
  return wanted.includes("*") && actor.queues ? actor.queues : wanted
}

type Counted = { readonly open: number; readonly kept: number }

const countWorkers = async (sql: Sql, workspace_id: string): Promise<Counted> => {
  const [row] = await sql<Counted>`
    select count(*) filter (where not ended)::int as open, count(*)::int as kept
    from (
      select ended from scheduler.session
      where workspace_id = ${workspace_id}::text::uuid
      limit ${max_kept}::int
    ) as own`
  return row ?? { open: 0, kept: 0 }
}
