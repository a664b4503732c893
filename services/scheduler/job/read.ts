import { list, type Sql } from "#kernel/database/database.ts"
import type { Concurrency } from "#language/concurrency.ts"
import { durationText } from "#language/duration.ts"
import { defaults } from "#language/plan.ts"
import type { Job } from "./shape.ts"

type Times = "run_at" | "created_at" | "updated_at" | "started_at" | "completed_at"

type JobRow = Omit<Job, Times | "timeout" | "concurrency"> & {
  readonly gate_key: string | null
  readonly concurrency: Omit<Concurrency, "key"> | null
  readonly workspace_id: string
  readonly timeout_ms: string | null
  readonly run_at: Date | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly started_at: Date | null
  readonly completed_at: Date | null
}

const time = (date: Date | null): string | null => date?.toISOString() ?? null

const jobOf = ({ workspace_id: _, timeout_ms, gate_key, concurrency, ...row }: JobRow): Job => ({
  ...row,
  concurrency: gate_key === null || concurrency === null ? null : { key: gate_key, ...concurrency },
  timeout: durationText(Number(timeout_ms ?? defaults.task_timeout_ms)),
  run_at: time(row.run_at),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  started_at: time(row.started_at),
  completed_at: time(row.completed_at),
})

/**
 * Those jobs, newest first. Tries are counted from the last replay, which writes all attempts before it off as
 * handed back: the attempts themselves are numbered on, since their logs and results go by that number.
 */
export const readJobs = async (
  sql: Sql,
  workspace_id: string,
  ids: readonly string[],
): Promise<readonly Job[]> => {
  if (ids.length === 0) return []
  const rows = await sql<JobRow>`
    select id, idempotency_key, type, payload, queue, priority, status, attempt - lost - returned as attempt,
      max_retries, run_at, settings ->> 'timeout_ms' as timeout_ms, gate_key,
      settings -> 'concurrency' as concurrency, outputs as result, error, worker_id, created_at,
      greatest(created_at, updated_at, queued_at, started_at, finished_at) as updated_at, started_at,
      finished_at as completed_at, workspace_id
    from scheduler.task_run
    where id = any(${list(ids)}::text::uuid[]) and workspace_id = ${workspace_id}::text::uuid and run_id is null
    order by id desc`
  return rows.map(jobOf)
}

export const readJob = async (sql: Sql, workspace_id: string, job_id: string): Promise<Job | undefined> => {
  const [job] = await readJobs(sql, workspace_id, [job_id])
  return job
}
