import { type Actor, allow } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { performIn } from "../step/perform.ts"
import { type JobStatus, jobMoves } from "./moves.ts"
import { readJob } from "./read.ts"
import type { Job } from "./shape.ts"
import { jobNotFound } from "./show.ts"

/** What has not begun is cancelled at once, what runs is told to stop; doing it again changes nothing. */
export const cancelJob =
  (engine: Engine) =>
  async (actor: Actor, job_id: string): Promise<Job> => {
    allow(actor, "job.cancel")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const job = await lockJob(sql, workspace_id, job_id)
      if (!job) throw jobNotFound(job_id)
      if (job.status === "running") {
        await askToStop(sql, job_id)
        sql.afterCommit(() => engine.stopped.fire())
      } else if (unbegun.includes(job.status)) {
        const at = await endUnbegun(sql, job_id)
        await emit(sql, [cancelledEvent(job, at)])
        const { id, gate_key: key } = job
        if (key !== null) {
          await performIn(engine, sql, async ({ decided }) => decided.leaving.push({ id, workspace_id, key }))
        }
      } else if (job.status !== "cancelled") {
        throw new Problem("job.not_cancellable", {
          detail: `The job has ended already: it is ${job.status}.`,
        })
      }
      const shown = await readJob(sql, workspace_id, job_id)
      if (!shown) throw jobNotFound(job_id)
      return shown
    })
  }

/** What is claimed has to be ended by its worker first. */
const unbegun = jobMoves.from("cancel").filter((status) => status !== "running")

type Locked = {
  readonly id: string
  readonly workspace_id: string
  readonly type: string
  readonly attempt: number
  readonly status: JobStatus
  readonly gate_key: string | null
}

const lockJob = async (sql: Sql, workspace_id: string, job_id: string): Promise<Locked | undefined> => {
  const [job] = await sql<Locked>`
    select id, workspace_id, type, attempt, status, gate_key
    from scheduler.task_run
    where id = ${job_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid and run_id is null
    for update`
  return job
}

const askToStop = (sql: Sql, job_id: string) =>
  sql`
    update scheduler.task_run set cancel = true
    where id = ${job_id}::text::uuid and status = 'running'`

/** Its place in the queue goes too, unless a claim has it in its hands: that finds out by itself. */
const endUnbegun = async (sql: Sql, job_id: string): Promise<Date> => {
  const [ended] = await sql<{ at: Date }>`
    with ended as (
      update scheduler.task_run
      set status = 'cancelled', reason = 'cancelled', finished_at = now(), updated_at = now()
      where id = ${job_id}::text::uuid and status = any(${list(unbegun)}::text::text[])
      returning id, queue, workspace_id, slot, floor(extract(epoch from queued_at) * 1000)::bigint - 60000 * priority as rank
    ), gone as (
      delete from scheduler.ready
      where ctid = any(array(
        select ready.ctid
        from ended join scheduler.ready using (queue, workspace_id, slot, rank)
        where ready.task_run_id = ended.id
        for update of ready skip locked
      ))
    )
    select now() as at from ended`
  if (!ended) throw new Error("a locked job has changed")
  return ended.at
}

const cancelledEvent = ({ id, workspace_id, type, attempt }: Locked, at: Date) => ({
  type: "task.cancelled" as const,
  id: derivedId(id, `cancelled.${attempt}`),
  key: id,
  data: { task_run_id: id, run_id: null, workspace_id, task: type, attempt, at: at.toISOString() },
})
