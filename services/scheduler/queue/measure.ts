import type { Sql } from "#kernel/database/database.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import type { Engine } from "../engine.ts"

type Depth = { readonly what: string; readonly label: string; readonly count: number }

/** Read when Prometheus asks. A label that has gone is told once more, as zero. */
export const measureQueues = ({ database }: Engine, metrics: Metrics): void => {
  const gauges = {
    queue_depth: metrics.gauge("queue_depth", "Jobs that wait for a worker, by queue."),
    tasks_queue_depth: metrics.gauge("tasks_queue_depth", "Task runs that wait for a worker, by queue."),
    dead_letter_depth: metrics.gauge("dead_letter_depth", "Jobs that failed for good, by queue."),
    worker_busy: metrics.gauge("worker_busy", "Jobs that run, by worker."),
    tasks_worker_busy: metrics.gauge("tasks_worker_busy", "Task runs that run, by worker."),
  } as const
  const known = new Set<string>()
  metrics.collect(async () => {
    const depths = await database.run(readDepths)
    const told = new Set(depths.map(({ what, label }) => `${what} ${label}`))
    const gone = [...known].filter((key) => !told.has(key))
    const zero = gone.map((key) => {
      const [what = "", label = ""] = key.split(" ", 2)
      return { what, label, count: 0 }
    })
    known.clear()
    for (const key of told) known.add(key)
    for (const { what, label, count } of [...depths, ...zero]) {
      const name = what as keyof typeof gauges
      const by = name.endsWith("worker_busy") ? { worker_id: label } : { queue: label }
      gauges[name].set(by, count)
    }
  })
}

/** One by one, as in `count.ts`. */
const readDepths = (sql: Sql) =>
  sql<Depth>`
    select case when run_id is null then 'queue_depth' else 'tasks_queue_depth' end as what, queue as label,
      count(*)::int as count
    from scheduler.ready
    group by 1, 2
    union all
    select 'dead_letter_depth', queue, count(*)::int
    from scheduler.dead_letter
    where resolved_at is null
    group by 2
    union all
    select case when task.run_id is null then 'worker_busy' else 'tasks_worker_busy' end, claim.session_id::text,
      count(*)::int
    from scheduler.claim
    cross join lateral unnest(claim.ids) as claimed (id)
    cross join lateral (
      select run_id, status from scheduler.task_run as task
      where task.id = claimed.id and task.token = claim.token offset 0
    ) as task
    where task.status = 'running'
    group by 1, 2`
