import { type Actor, allow } from "#kernel/auth/actor.ts"
import { isDataError } from "#kernel/database/failure.ts"
import { Problem, type ProblemBody, problemBody } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { jobId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { findByKeys, insertJobs } from "./insert.ts"
import { type NewJob, prepareJob } from "./prepare.ts"
import { readJobs } from "./read.ts"
import type { CreateJob, Job } from "./shape.ts"

const max_batch = 500
const max_waiting = 20_000
const sizes = {
  of: ({ payload_text }: NewJob) => payload_text.length,
  max_batch: 8 * 1024 * 1024,
  max_waiting: 64 * 1024 * 1024,
}

export type Wanted = { readonly job: CreateJob; readonly header_key: string | undefined }

export type CreateJobs = {
  readonly one: (actor: Actor, wanted: Wanted) => Promise<Job>
  readonly many: (actor: Actor, wanted: readonly (Wanted | Problem)[]) => Promise<readonly Judged[]>
}

export type Judged = { readonly job: Job } | { readonly problem: ProblemBody }

/** One request is one item of a group commit; requests that come while one is under way share the next. */
export const createJobs = (engine: Engine): CreateJobs => {
  const push = batcher<NewJob, Job>({
    flush: flushJobs(engine),
    ...{ max_batch, max_waiting, sizes, isItems: isDataError },
  })
  const one = (actor: Actor, { job, header_key }: Wanted): Promise<Job> => {
    allow(actor, "job.create")
    const { workspace_id } = actor
    const traceparent = activeTraceparent()
    const prepared = prepareJob(job, { id: jobId(engine.kit.id()), workspace_id, header_key, traceparent })
    if (prepared.slot === "process") allow(actor, "job.command")
    return push(prepared)
  }
  const judged = async (actor: Actor, wanted: Wanted | Problem): Promise<Judged> => {
    try {
      if (wanted instanceof Problem) throw wanted
      return { job: await one(actor, wanted) }
    } catch (error) {
      if (error instanceof Problem) return { problem: problemBody(error) }
      throw error
    }
  }
  return {
    one: async (actor, wanted) => one(actor, wanted),
    many: (actor, wanted) => {
      allow(actor, "job.create")
      return Promise.all(wanted.map((each) => judged(actor, each)))
    },
  }
}

const flushJobs =
  (engine: Engine) =>
  (jobs: readonly NewJob[]): Promise<readonly (Job | Problem)[]> =>
    engine.hot.run(async (sql) => {
      const { count, at, lanes } = await insertJobs(sql, jobs)
      sql.afterCommit(() => {
        engine.lanes.note(lanes)
        engine.ready.fire()
        if (count === jobs.length) engine.measures.created(jobs)
      })
      if (count === jobs.length) return jobs.map((job) => fresh(job, at))
      const keyed = jobs.filter(({ key }) => key !== null)
      const holders = await findByKeys(sql, keyed)
      const held = new Map(holders.map((row) => [`${row.workspace_id} ${row.key}`, row.id]))
      const own = new Set(jobs.map(({ id }) => id))
      const old: Job[] = []
      for (const [workspace_id, rows] of Map.groupBy(holders, (row) => row.workspace_id)) {
        const ids = rows.map(({ id }) => id).filter((id) => !own.has(id))
        old.push(...(await readJobs(sql, workspace_id, ids)))
      }
      const known = new Map(old.map((job) => [job.id, job]))
      const made = new Map(jobs.map((job) => [job.id, job]))
      return jobs.map((job) => {
        const id = job.key === null ? job.id : held.get(`${job.workspace_id} ${job.key}`)
        const first = id === undefined ? undefined : made.get(id)
        if (first) return fresh(first, at)
        return known.get(id ?? "") ?? new Problem("platform.unavailable")
      })
    })

/** What was sent is what is stored, so it isn't read again. */
const fresh = (job: NewJob, at: Date): Job => {
  const created_at = at.toISOString()
  const later = job.run_at !== null && Date.parse(job.run_at) > at.getTime()
  return {
    id: job.id,
    idempotency_key: job.key,
    type: job.type,
    payload: job.payload,
    queue: job.queue,
    priority: job.priority,
    status: later ? "pending" : "queued",
    attempt: 0,
    max_retries: job.max_retries,
    run_at: job.run_at,
    timeout: job.timeout,
    ...{ result: null, error: null, worker_id: null },
    created_at,
    updated_at: created_at,
    ...{ started_at: null, completed_at: null },
  }
}
