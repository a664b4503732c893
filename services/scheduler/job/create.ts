import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { isDataError } from "#kernel/database/failure.ts"
import { Problem, type ProblemBody, problemBody } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { jobId } from "#language/run-id.ts"
import { isPlain, kindOf } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import { openLanes } from "../lane/share.ts"
import { mayTake } from "../lane/taker.ts"
import { type Seat, withSeat } from "../session/seats.ts"
import type { ClaimedRow, JobSettings } from "../step/rows.ts"
import { attemptOfJob } from "../task/attempt.ts"
import { enterJobs, removeJobs } from "./enter.ts"
import { findByKeys, type Inserted, insertJobs, type Receiver } from "./insert.ts"
import { type NewJob, prepareJob } from "./prepare.ts"
import { reserveTurns } from "./rate.ts"
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
  const bounds = { max_batch, max_waiting, sizes, isItems: isDataError }
  const pushed = (flush: (jobs: readonly NewJob[]) => Promise<readonly (Job | Problem)[]>) =>
    batcher<NewJob, Job>({ flush: (jobs) => engine.precedence.creating(() => flush(jobs)), ...bounds })
  const [push, pushKeyed] = [pushed(flushJobs(engine)), pushed(flushKeyed(engine))]
  const one = (actor: Actor, { job, header_key }: Wanted): Promise<Job> => {
    allow(actor, "job.create")
    const { workspace_id } = actor
    const traceparent = activeTraceparent()
    const prepared = prepareJob(job, { id: jobId(engine.kit.id()), workspace_id, header_key, traceparent })
    if (kindOf(prepared.slot) === "process") allow(actor, "job.command")
    return prepared.concurrency || prepared.rate ? pushKeyed(prepared) : push(prepared)
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
    withSeat(engine.seats, jobs[0]?.slot, (seat) => {
      const receiver = seat && receiverOf(engine, seat, jobs)
      return engine.hot.run(async (sql) => {
        const inserted = await insertJobs(sql, jobs, receiver)
        const { lanes, running, token } = inserted
        sql.afterCommit(() => {
          engine.lanes.note(lanes)
          if (lanes.length > 0) engine.ready.fire()
          if (inserted.count === jobs.length) engine.measures.created(jobs)
        })
        const given = new Set(running)
        const begun =
          token === null ? [] : jobs.filter(({ id }) => given.has(id)).map(begunWith(token, engine.kit.now()))
        sql.afterCommit(() => {
          for (const job of begun) engine.known_jobs.keep(job.id, job)
        })
        const attempts = begun.map((job) => attemptOfJob(job, token ?? ""))
        return { answer: await answersOf(sql, jobs, inserted), attempts: async () => attempts }
      })
    })

/** What a claim that waits is given, as long as nothing waits before it. */
const receiverOf = (engine: Engine, seat: Seat, jobs: readonly NewJob[]): Receiver | undefined => {
  const { session_id, room } = seat
  if (openLanes(engine, seat, engine.seats.unserved(seat)).length > 0) return undefined
  const fits = (job: NewJob) => job.run_at === null && isPlain(job.slot) && mayTake(seat, job)
  const chosen = [...Map.groupBy(jobs.filter(fits), ({ slot }) => kindOf(slot))].flatMap(([kind, some]) =>
    some.slice(0, room[kind]),
  )
  return { session_id, ids: new Set(chosen.map(({ id }) => id)) }
}

const begunWith =
  (token: string, now: Date) =>
  (job: NewJob): ClaimedRow => ({
    ...{ id: job.id, run_id: null, idx: 0, item: null, workspace_id: job.workspace_id, task: job.type },
    ...{
      type: job.type,
      queue: job.queue,
      slot: job.slot,
      priority: job.priority,
      max_retries: job.max_retries,
    },
    ...{ gate_key: null, settings: JSON.parse(job.settings) as JobSettings, traceparent: job.traceparent },
    ...{ status: "running", reason: null, token, attempt: 1, lost: 0, returned: 0, cancel: false },
    ...{ needs_left: 0, needs_bad: 0, queued_ms: now.getTime(), payload: job.payload, run_revision: null },
  })

/** Those that have a concurrency or rate key take a transaction of several statements. */
const flushKeyed =
  (engine: Engine) =>
  (wanted: readonly NewJob[]): Promise<readonly (Job | Problem)[]> =>
    engine.hot.tx(async (sql) => {
      const jobs = await reserveTurns(sql, wanted)
      const inserted = await insertJobs(sql, jobs)
      sql.afterCommit(() => {
        engine.lanes.note(inserted.lanes)
        engine.ready.fire()
      })
      const answers = await answersOf(sql, jobs, inserted)
      const own = new Set(jobs.map(({ id }) => id))
      const keyed = new Set(jobs.filter(({ concurrency }) => concurrency !== null).map(({ id }) => id))
      // In the order in which they came, and those alone that this flush has made.
      const made = new Set(
        answers.flatMap((job) => (job instanceof Problem || !own.has(job.id) ? [] : [job.id])),
      )
      const ids = [...made].filter((id) => keyed.has(id))
      const entered = await enterJobs(engine, sql, { ids, is_replay: false })
      const isRefused = (id: string) => entered.get(id) === "refused"
      await removeJobs(sql, ids.filter(isRefused))
      sql.afterCommit(() => engine.measures.created(jobs.filter(({ id }) => made.has(id) && !isRefused(id))))
      return answers.map((job) => (job instanceof Problem || !isRefused(job.id) ? job : refusalOf(job)))
    })

const refusalOf = ({ concurrency }: Job): Problem => {
  const { key, limit } = concurrency ?? { key: "", limit: 1 }
  return new Problem("concurrency.full", {
    detail: `The key ${key} is held by ${limit} already, which is its limit.`,
  })
}

/** A key that was used before gives the job that it made then. */
const answersOf = async (
  sql: Sql,
  jobs: readonly NewJob[],
  { count, at }: Inserted,
): Promise<readonly (Job | Problem)[]> => {
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
}

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
    concurrency: job.concurrency,
    ...{ result: null, error: null, worker_id: null },
    created_at,
    updated_at: created_at,
    ...{ started_at: null, completed_at: null },
  }
}
