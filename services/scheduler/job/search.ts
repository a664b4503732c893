import type { Sql } from "#kernel/database/database.ts"
import type { JobStatus } from "./moves.ts"

export type JobFilter = {
  readonly workspace_id: string
  readonly status?: JobStatus | undefined
  readonly type?: string | undefined
  readonly queue?: string | undefined
  /** Only older than this job. */
  readonly cursor?: string | undefined
  readonly limit: number
}

type Found = { readonly ids: readonly string[]; readonly next_cursor: string | null }

type Row = { readonly id: string }

/** Most that one page looks at, so that a filter nothing fits costs no more than this. */
const max_looked_at = 20_000

/** A job's status has no index, which would slow every job down: what is rare is found by the side tables it is in. */
export const searchJobs = async (sql: Sql, filter: JobFilter): Promise<Found> => {
  const { status, limit } = filter
  const search = status && searches[status]
  const rows = await (search ?? searchAll)(sql, filter)
  const ids = rows.slice(0, limit).map(({ id }) => id)
  if (rows.length > limit) return { ids, next_cursor: ids.at(-1) ?? null }
  return { ids, next_cursor: search ? null : await lastLookedAt(sql, filter) }
}

type Search = (sql: Sql, filter: JobFilter) => Promise<readonly Row[]>

const searchAll: Search = (sql, { workspace_id, status, type, queue, cursor, limit }) => {
  const isOpen = status === undefined && type === undefined && queue === undefined
  return sql<Row>`
    select id
    from (
      select id, status, type, queue
      from scheduler.task_run
      where workspace_id = ${workspace_id}::text::uuid and run_id is null
        and id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      order by id desc
      limit ${isOpen ? limit + 1 : max_looked_at}::int
    ) as looked_at
    where (${status ?? null}::text is null or status = ${status ?? null}::text)
      and (${type ?? null}::text is null or type = ${type ?? null}::text)
      and (${queue ?? null}::text is null or queue = ${queue ?? null}::text)
    order by id desc
    limit ${limit + 1}::int`
}

/** Where the next page goes on when this one has looked at as much as it may; null when it came to the end. */
const lastLookedAt = async (sql: Sql, { workspace_id, cursor }: JobFilter): Promise<string | null> => {
  const [row] = await sql<Row>`
    select id
    from scheduler.task_run
    where workspace_id = ${workspace_id}::text::uuid and run_id is null
      and id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc
    offset ${max_looked_at - 1}::int limit 1`
  return row?.id ?? null
}

const searchQueued: Search = (sql, { workspace_id, type, queue, cursor, limit }) =>
  sql<Row>`
    select job.id
    from (
      select task_run_id from scheduler.ready
      where workspace_id = ${workspace_id}::text::uuid and run_id is null
        and (${queue ?? null}::text is null or queue = ${queue ?? null}::text)
      union all
      select task_run_id from scheduler.blocked
      where workspace_id = ${workspace_id}::text::uuid and run_id is null
    ) as waiting
    join scheduler.task_run as job on job.id = waiting.task_run_id
    where job.id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and job.status = 'queued'
      and (${type ?? null}::text is null or job.type = ${type ?? null}::text)
      and (${queue ?? null}::text is null or job.queue = ${queue ?? null}::text)
    order by job.id desc
    limit ${limit + 1}::int`

/** One by one, as in `queue/count.ts`. */
const searchRunning: Search = (sql, { workspace_id, type, queue, cursor, limit }) =>
  sql<Row>`
    select job.id
    from scheduler.claim
    cross join lateral unnest(claim.ids) as claimed (id)
    cross join lateral (
      select id, workspace_id, run_id, status, type, queue from scheduler.task_run as job
      where job.id = claimed.id and job.token = claim.token offset 0
    ) as job
    where job.workspace_id = ${workspace_id}::text::uuid and job.run_id is null and job.status = 'running'
      and job.id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (${type ?? null}::text is null or job.type = ${type ?? null}::text)
      and (${queue ?? null}::text is null or job.queue = ${queue ?? null}::text)
    order by job.id desc
    limit ${limit + 1}::int`

const searchTimed: Search = (sql, { workspace_id, status, type, queue, cursor, limit }) =>
  sql<Row>`
    select job.id
    from scheduler.timer
    cross join lateral (
      select id, workspace_id, run_id, status, type, queue from scheduler.task_run as job
      where job.id = timer.task_run_id offset 0
    ) as job
    where timer.kind = ${status === "pending" ? "start" : "retry"}::text and timer.run_id is null
      and job.workspace_id = ${workspace_id}::text::uuid and job.run_id is null
      and job.status = ${status ?? ""}::text
      and job.id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (${type ?? null}::text is null or job.type = ${type ?? null}::text)
      and (${queue ?? null}::text is null or job.queue = ${queue ?? null}::text)
    group by job.id
    order by job.id desc
    limit ${limit + 1}::int`

/** Also those whose dead letter was dropped: they stay what they are. */
const searchDead: Search = (sql, { workspace_id, type, queue, cursor, limit }) =>
  sql<Row>`
    select job.id
    from scheduler.dead_letter as dead
    join scheduler.task_run as job on job.id = dead.job_id
    where dead.workspace_id = ${workspace_id}::text::uuid and dead.resolution is distinct from 'replayed'
      and job.status = 'dead_letter'
      and job.id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and (${type ?? null}::text is null or job.type = ${type ?? null}::text)
      and (${queue ?? null}::text is null or job.queue = ${queue ?? null}::text)
    order by job.id desc
    limit ${limit + 1}::int`

const searches: Partial<Record<JobStatus, Search>> = {
  queued: searchQueued,
  running: searchRunning,
  pending: searchTimed,
  retrying: searchTimed,
  dead_letter: searchDead,
}
