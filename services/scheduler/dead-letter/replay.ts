import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { enterJobs } from "../job/enter.ts"
import { jobMoves } from "../job/moves.ts"
import { readJob } from "../job/read.ts"
import type { Job } from "../job/shape.ts"
import { jobNotFound } from "../job/show.ts"
import type { Lane } from "../lane/lanes.ts"
import { wakeUps } from "../task/ready.ts"
import { letterDeed, lettersDeeds } from "./deed.ts"
import { hasOpen, lockChosen, lockDeadLetter } from "./find.ts"
import type { Chosen } from "./shape.ts"

/** Puts the job back into its queue with a fresh budget; doing it again answers the job and changes nothing. */
export const replayDeadLetter =
  (engine: Engine) =>
  async (actor: Caller, id: string): Promise<Job> => {
    allow(actor, "dead_letter.resolve")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const { job_id, resolution } = await lockDeadLetter(sql, workspace_id, id)
      if (resolution === "dropped") {
        throw new Problem("dead_letter.resolved", { detail: "The dead letter was dropped." })
      }
      if (resolution === null) await replay(engine, sql, [id])
      const job = await readJob(sql, workspace_id, job_id)
      if (!job) throw jobNotFound(job_id)
      await record(sql, actor, resolution === null ? [letterDeed("replayed", id)] : [])
      return job
    })
  }

export const replayDeadLetters =
  (engine: Engine) =>
  async (actor: Caller, chosen: Chosen): Promise<{ replayed: number; more: boolean }> => {
    allow(actor, "dead_letter.resolve")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const rows = await lockChosen(sql, workspace_id, chosen)
      const ids = rows.map(({ id }) => id)
      const replayed = await replay(engine, sql, ids)
      const more = await hasOpen(sql, workspace_id, chosen)
      await record(sql, actor, lettersDeeds("replayed", chosen, replayed))
      return { replayed, more }
    })
  }

const replay = async (engine: Engine, sql: Sql, ids: readonly string[]): Promise<number> => {
  const queued = await requeue(sql, ids)
  const ready = queued.filter(({ gate_key }) => gate_key === null)
  const keyed = queued.flatMap(({ id, gate_key }) => (gate_key === null ? [] : [id]))
  await emit(sql, wakeUps(ready))
  await enterJobs(engine, sql, { ids: keyed, is_replay: true })
  sql.afterCommit(() => {
    engine.lanes.note(ready)
    engine.ready.fire()
  })
  return queued.length
}

type Requeued = Lane & { readonly id: string; readonly gate_key: string | null }

/**
 * All attempts so far are written off as handed back, so that none counts. They are numbered on: an attempt's logs
 * and results go by its number, and one that comes late must not be taken for a new one.
 */
const requeue = (sql: Sql, ids: readonly string[]) =>
  sql<Requeued>`
    with resolved as (
      update scheduler.dead_letter set resolved_at = now(), resolution = 'replayed'
      where id = any(${list(ids)}::text::uuid[]) and resolved_at is null
      returning job_id
    ), queued as (
      update scheduler.task_run as job
      set status = 'queued', token = nextval('scheduler.token'), returned = attempt, lost = 0, cancel = false, reason = null, error = null,
        outputs = null, usage = null, log_chunks = 0, worker_id = null, run_at = null, queued_at = now(),
        started_at = null, finished_at = null, updated_at = now()
      from resolved
      where job.id = resolved.job_id and job.status = any(${list(jobMoves.from("replay"))}::text::text[])
      returning job.id, job.workspace_id, job.queue, job.slot, job.priority, job.gate_key,
        (job.settings ->> 'queue_timeout_ms')::float8 as limit_ms
    ), expiring as (
      insert into scheduler.timer (due_at, kind, task_run_id)
      select now() + limit_ms * interval '1 millisecond', 'expire', id from queued where limit_ms is not null
    ), readied as (
      insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
      select id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
      from queued where gate_key is null order by id
    )
    select id, queue, workspace_id, slot, gate_key from queued order by id`
