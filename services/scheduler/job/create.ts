import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { isDataError } from "#kernel/database/failure.ts"
import { Problem, problemBody } from "#kernel/problem/problem.ts"
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
import { type Answer, jobTexts } from "./text.ts"

const max_batch = 500
const worthwhile = 100
const max_waiting = 20_000
const sizes = {
  of: ({ payload_text }: NewJob) => payload_text.length,
  max_batch: 8 * 1024 * 1024,
  max_waiting: 64 * 1024 * 1024,
}

export type Wanted = { readonly job: CreateJob; readonly header_key: string | undefined }

/** Jobs as they are answered: the text of their JSON. */
export type CreateJobs = {
  readonly one: (actor: Actor, wanted: Wanted) => Promise<string>
  readonly many: (actor: Actor, wanted: readonly (Wanted | Problem)[]) => Promise<string>
}

/** One request is one item of a group commit; requests that come while one is under way share the next. */
export const createJobs = (engine: Engine): CreateJobs => {
  const bounds = { max_batch, max_waiting, worthwhile, sizes, isItems: isDataError }
  const pushed = (flush: (jobs: readonly NewJob[]) => Promise<readonly (string | Problem)[]>) =>
    batcher<NewJob, string>({
      flush: (jobs) => engine.precedence.creating(jobs.length, () => flush(jobs)),
      ...bounds,
      // Where results are settled, too, there is enough to do, and fewer, larger flushes cost less.
      hurries: () => !engine.precedence.isSettling(),
    })
  const [push, pushKeyed] = [pushed(flushJobs(engine)), pushed(flushKeyed(engine))]
  const one = (actor: Actor, { job, header_key }: Wanted): Promise<string> => {
    allow(actor, "job.create")
    const { workspace_id } = actor
    const traceparent = activeTraceparent()
    const prepared = prepareJob(job, { id: jobId(engine.kit.id()), workspace_id, header_key, traceparent })
    if (kindOf(prepared.slot) === "process") allow(actor, "job.command")
    return prepared.concurrency || prepared.rate ? pushKeyed(prepared) : push(prepared)
  }
  const judged = async (actor: Actor, wanted: Wanted | Problem): Promise<string> => {
    try {
      if (wanted instanceof Problem) throw wanted
      return `{"job":${await one(actor, wanted)}}`
    } catch (error) {
      if (error instanceof Problem) return JSON.stringify({ problem: problemBody(error) })
      throw error
    }
  }
  return {
    one: async (actor, wanted) => one(actor, wanted),
    many: async (actor, wanted) => {
      allow(actor, "job.create")
      return `{"items":[${await Promise.all(wanted.map((each) => judged(actor, each)))}]}`
    },
  }
}

const flushJobs =
  (engine: Engine) =>
  (jobs: readonly NewJob[]): Promise<readonly (string | Problem)[]> =>
    withSeat(engine.seats, jobs.find(engine.queues.isOpen)?.slot, (seat) => {
      const receiver = seat && receiverOf(engine, seat, jobs)
      return engine.hot.run(async (sql) => {
        const inserted = await insertJobs(sql, jobs, receiver)
        const { lanes, running, token } = inserted
        sql.afterCommit(() => {
          engine.lanes.note(lanes)
          if (lanes.some(engine.queues.isOpen)) engine.ready.fire()
          if (inserted.count === jobs.length) engine.measures.created(jobs)
        })
        const begun = token === null ? [] : begunOf(jobs, { running, token, now: engine.kit.now() })
        sql.afterCommit(() => {
          for (const job of begun) engine.known_jobs.keep(job.id, job)
        })
        const attempts = begun.map((job) => attemptOfJob(job, token ?? ""))
        const answers = await answersOf(sql, jobs, inserted)
        return { answer: jobTexts(answers, inserted.at), attempts: async () => attempts }
      })
    })

/** What a claim that waits is given, as long as nothing waits before it. */
const receiverOf = (engine: Engine, seat: Seat, jobs: readonly NewJob[]): Receiver | undefined => {
  const { session_id, room } = seat
  if (openLanes(engine, seat, engine.seats.unserved(seat)).length > 0) return undefined
  const left = { ...room }
  const ids = new Set<string>()
  for (const job of jobs) {
    if (job.run_at !== null || !isPlain(job.slot) || left[job.slot] < 1 || !mayTake(seat, job)) continue
    left[job.slot] -= 1
    ids.add(job.id)
  }
  return { session_id, ids }
}

type Begun = {
  readonly running: readonly string[] | null
  readonly token: string
  readonly now: Date
}

const begunOf = (jobs: readonly NewJob[], { running, token, now }: Begun): readonly ClaimedRow[] => {
  if (running === null) return []
  const given = new Set(running)
  return jobs.filter(({ id }) => given.has(id)).map(begunWith(token, now))
}

/** Most jobs of a flush have the same settings. */
const settingsReader = () => {
  const known = new Map<string, JobSettings>()
  return (text: string): JobSettings => {
    const settings = known.get(text) ?? (JSON.parse(text) as JobSettings)
    known.set(text, settings)
    return settings
  }
}

/** Written out, since there is one for each job: to spread parts into it takes several times as long. */
const begunWith = (token: string, now: Date) => {
  const read = settingsReader()
  return (job: NewJob): ClaimedRow => ({
    id: job.id,
    run_id: null,
    idx: 0,
    item: null,
    workspace_id: job.workspace_id,
    task: job.type,
    type: job.type,
    queue: job.queue,
    slot: job.slot,
    priority: job.priority,
    max_retries: job.max_retries,
    gate_key: null,
    settings: read(job.settings),
    traceparent: job.traceparent,
    status: "running",
    reason: null,
    token,
    attempt: 1,
    lost: 0,
    returned: 0,
    cancel: false,
    needs_left: 0,
    needs_bad: 0,
    queued_ms: now.getTime(),
    payload: job.payload,
  })
}

/** Those that have a concurrency or rate key take a transaction of several statements. */
const flushKeyed =
  (engine: Engine) =>
  (wanted: readonly NewJob[]): Promise<readonly (string | Problem)[]> =>
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
      const judged = answers.map((job) =>
        job instanceof Problem || !isRefused(job.id) ? job : refusalOf(job),
      )
      return jobTexts(judged, inserted.at)
    })

const refusalOf = ({ concurrency }: Pick<Job, "concurrency">): Problem => {
  const { key, limit } = concurrency ?? { key: "", limit: 1 }
  return new Problem("concurrency.full", {
    detail: `The key ${key} is held by ${limit} already, which is its limit.`,
  })
}

/** A key that was used before gives the job that it made then. */
const answersOf = async (
  sql: Sql,
  jobs: readonly NewJob[],
  { count }: Inserted,
): Promise<readonly Answer[]> => {
  if (count === jobs.length) return jobs
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
    return made.get(id ?? "") ?? known.get(id ?? "") ?? new Problem("platform.unavailable")
  })
}
