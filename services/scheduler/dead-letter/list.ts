import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { readJobs } from "../job/read.ts"
import type { DeadLetter } from "./shape.ts"

export type ListDeadLetters = {
  readonly queue?: string | undefined
  readonly type?: string | undefined
  readonly job_id?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Those that nothing was done about yet, newest first, each with its job. */
export const listDeadLetters =
  (database: Database) =>
  async (actor: Actor, wanted: ListDeadLetters): Promise<PageOf<DeadLetter>> => {
    allow(actor, "job.read")
    const { workspace_id } = actor
    return database.run(async (sql) => {
      const rows = await findOpen(sql, workspace_id, wanted)
      const { items, next_cursor } = pageOf(rows, wanted.limit, ({ id }) => id)
      const ids = items.map(({ job_id }) => job_id)
      const jobs = new Map((await readJobs(sql, workspace_id, ids)).map((job) => [job.id, job]))
      const letters = items.flatMap(({ job_id, died_at, ...row }) => {
        const job = jobs.get(job_id)
        return job ? [{ ...row, job, died_at: died_at.toISOString() }] : []
      })
      return { items: letters, next_cursor }
    })
  }

type Row = {
  readonly id: string
  readonly job_id: string
  readonly reason: string
  readonly attempts: number
  readonly died_at: Date
}

const findOpen = (sql: Sql, workspace_id: string, wanted: ListDeadLetters) => {
  const { queue = null, type = null, job_id = null, cursor = null, limit } = wanted
  return sql<Row>`
    select id, job_id, reason, attempts, died_at
    from scheduler.dead_letter
    where workspace_id = ${workspace_id}::text::uuid and resolved_at is null
      and (${cursor}::text is null or (died_at, id) < (
        select died_at, id from scheduler.dead_letter
        where id = ${cursor}::text::uuid and workspace_id = ${workspace_id}::text::uuid))
      and (${queue}::text is null or queue = ${queue}::text)
      and (${type}::text is null or type = ${type}::text)
      and (${job_id}::text is null or job_id = ${job_id}::text::uuid)
    order by died_at desc, id desc
    limit ${limit + 1}::int`
}
