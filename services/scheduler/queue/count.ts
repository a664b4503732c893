import type { Sql } from "#kernel/database/database.ts"
import type { Queue } from "./shape.ts"

const counted = ["pending", "queued", "running", "retrying", "dead_letters"] as const

export type Counts = Pick<Queue, (typeof counted)[number]>

type Row = { readonly name: string; readonly what: (typeof counted)[number]; readonly count: number }

/**
 * How much a workspace has in its queues (in one, when it is named), by the side tables that hold what is not at its
 * end. What is pending or retrying has a timer, what is running a claim.
 */
export const countQueues = async (
  sql: Sql,
  workspace_id: string,
  name: string | null,
): Promise<ReadonlyMap<string, Counts>> => {
  const rows = await sql<Row>`
    select queue as name, 'queued' as what, count(*)::int as count
    from scheduler.ready
    where workspace_id = ${workspace_id}::text::uuid and (${name}::text is null or queue = ${name}::text)
    group by queue
    union all
    select task.queue, 'queued', count(*)::int
    from scheduler.blocked join scheduler.task_run as task on task.id = blocked.task_run_id
    where blocked.workspace_id = ${workspace_id}::text::uuid and (${name}::text is null or task.queue = ${name}::text)
    group by task.queue
    union all
    select task.queue, 'running', count(*)::int
    from scheduler.claim
    cross join lateral unnest(claim.ids) as claimed (id)
    join scheduler.task_run as task on task.id = claimed.id and task.token = claim.token
    where task.workspace_id = ${workspace_id}::text::uuid and task.status = 'running'
      and (${name}::text is null or task.queue = ${name}::text)
    group by task.queue
    union all
    select task.queue, task.status, count(distinct task.id)::int
    from scheduler.timer join scheduler.task_run as task on task.id = timer.task_run_id
    where timer.kind in ('start', 'retry') and task.workspace_id = ${workspace_id}::text::uuid
      and task.status in ('pending', 'retrying') and (${name}::text is null or task.queue = ${name}::text)
    group by task.queue, task.status
    union all
    select queue, 'dead_letters', count(*)::int
    from scheduler.dead_letter
    where workspace_id = ${workspace_id}::text::uuid and resolved_at is null
      and (${name}::text is null or queue = ${name}::text)
    group by queue`
  const counts = new Map<string, { -readonly [What in keyof Counts]: number }>()
  for (const { name: queue, what, count } of rows) {
    const own = counts.get(queue) ?? none()
    own[what] += count
    counts.set(queue, own)
  }
  return counts
}

export const none = () => ({ pending: 0, queued: 0, running: 0, retrying: 0, dead_letters: 0 })
