import type { Sql } from "#kernel/database/database.ts"
import type { Queue } from "./shape.ts"

const counted = ["pending", "queued", "running", "retrying", "dead_letters"] as const

export type Counts = Pick<Queue, (typeof counted)[number]>

type Row = { readonly name: string; readonly what: (typeof counted)[number]; readonly count: number }

/**
 * How much a workspace has in its queues (in one, when it is named), by the side tables that hold what is not at its
 * end. What is pending or retrying has a timer, what is running a claim. What is ready is counted queue by queue, since
 * there may be a lot of it, and its index begins with that. Task runs are looked up one by one (`offset 0` keeps it so): the
 * side tables come and go too fast for statistics, and by what the planner believes of them it would read all task runs.
 */
export const countQueues = async (
  sql: Sql,
  workspace_id: string,
  name: string | null,
): Promise<ReadonlyMap<string, Counts>> => {
  const rows = await sql<Row>`
    with recursive known as (
      (select queue from scheduler.ready where ${name}::text is null order by queue limit 1)
      union all
      select (select queue from scheduler.ready where queue > known.queue order by queue limit 1)
      from known where known.queue is not null
    ), named as (
      select queue from known where queue is not null union all select ${name}::text where ${name}::text is not null
    )
    select named.queue as name, 'queued' as what, ready.count
    from named cross join lateral (
      select count(*)::int as count from scheduler.ready
      where ready.queue = named.queue and workspace_id = ${workspace_id}::text::uuid
    ) as ready
    where ready.count > 0
    union all
    select task.queue, 'queued', count(*)::int
    from scheduler.blocked cross join lateral (
      select queue from scheduler.task_run as task where task.id = blocked.task_run_id offset 0
    ) as task
    where blocked.workspace_id = ${workspace_id}::text::uuid and (${name}::text is null or task.queue = ${name}::text)
    group by task.queue
    union all
    select task.queue, 'running', count(*)::int
    from scheduler.claim
    cross join lateral unnest(claim.ids) as claimed (id)
    cross join lateral (
      select queue, workspace_id, status from scheduler.task_run as task
      where task.id = claimed.id and task.token = claim.token offset 0
    ) as task
    where task.workspace_id = ${workspace_id}::text::uuid and task.status = 'running'
      and (${name}::text is null or task.queue = ${name}::text)
    group by task.queue
    union all
    select task.queue, task.status, count(distinct task.id)::int
    from scheduler.timer cross join lateral (
      select id, queue, workspace_id, status from scheduler.task_run as task where task.id = timer.task_run_id offset 0
    ) as task
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
