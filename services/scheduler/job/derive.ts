import { list } from "#kernel/database/database.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { Derive } from "#kernel/outbox/read.ts"
import { jobBeginning } from "../fact/body.ts"

type CompletedJob = {
  readonly id: string
  readonly workspace_id: string
  readonly type: string
  readonly queue: string
  readonly attempt: number
  readonly token: string
  readonly result: unknown
  readonly usage: Readonly<Record<string, unknown>> | null
  readonly log_chunks: number
  readonly traceparent: string | null
  readonly worker_id: string | null
  readonly queued_at: Date | null
  readonly started_at: Date | null
  readonly at: Date
}

/** `job.completed` is published from the jobs' own rows, which don't change any more. */
export const deriveCompleted: Derive = async (sql, rows) => {
  const ids = rows.flatMap((row) => row.ids)
  const jobs = await sql<CompletedJob>`
    select id, workspace_id, type, queue, attempt, token::text as token, outputs as result, usage, log_chunks, traceparent,
      worker_id, queued_at, started_at, finished_at as at
    from scheduler.task_run
    where id = any(${list(ids)}::text::uuid[]) and status = 'completed'`
  const known = new Map(jobs.map((job) => [job.id, job]))
  return rows.map((row) => row.ids.flatMap((id) => bodyOf(known.get(id))))
}

const bodyOf = (job: CompletedJob | undefined) => {
  if (!job) return []
  const { id: job_id, token, traceparent, usage, worker_id, queued_at, started_at, at, ...data } = job
  return [
    {
      type: "job.completed" as const,
      id: derivedId(job_id, `completed.${token}`),
      key: job_id,
      traceparent: traceparent ?? undefined,
      data: {
        ...{ ...data, job_id, at: at.toISOString() },
        ...(usage && { usage }),
        ...jobBeginning({ worker_id, queued_at, started_at }),
      },
    },
  ]
}
