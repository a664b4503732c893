import { derivedId } from "#kernel/outbox/derived-id.ts"
import { jobBeginning } from "../fact/body.ts"
import { taskCompleted } from "../fact/fact.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { type Ended, runOfTask, type Step } from "../step/step.ts"
import { keyOf, taskFact, tell, timeOf } from "./tell.ts"

/** What became of an attempt, to the run's readers and to other services. */
export const tellEnded = (step: Step, ended: Ended): void => {
  const { task } = ended
  const run = runOfTask(step, task)
  if (task.status === "completed") {
    if (run) tellCompleted(step, run, ended)
    // The row says it all, and stays as it is: the event is made of it when it is read.
    else step.decided.completed_jobs.push(task.id)
    return
  }
  const outcome = outcomeOf(step, ended)
  const traceparent = run?.traceparent ?? task.traceparent ?? undefined
  const id = derivedId(task.id, `${task.status}.${ended.token}`)
  step.decided.emissions.push({ id, key: keyOf(task), traceparent, ...outcome.event })
  if (!run) return
  const { type, data } = outcome.told
  tell(step, { run, type, task: task.task, status: task.status, data: { attempt: task.attempt, ...data } })
}

const tellCompleted = (step: Step, run: RunRow, { task, settlement, token, reused_from }: Ended): void => {
  step.decided.emissions.push(taskCompleted(task, run, { at: timeOf(step), token, result: settlement }))
  const { attempt } = task
  const data = reused_from === undefined ? { attempt } : { attempt, reused_from }
  tell(step, { run, type: "task.completed", task: task.task, status: task.status, data })
}

const outcomeOf = (step: Step, ended: Ended) => {
  const { task, settlement } = ended
  if (task.status === "dead_letter") return deadLettered(step, ended)
  const log_chunks = settlement.log_chunks ?? 0
  const error = ended.error ?? { code: "task.failed", message: "The task failed." }
  const fact = { ...taskFact(step, task), ...begunOf(task), ...usageOf(ended) }
  switch (task.status) {
    case "failed":
      return {
        event: { type: "task.failed", data: { ...fact, error, log_chunks } },
        told: { type: "task.failed", data: { error } },
      } as const
    case "retrying": {
      const retry_at = new Date(step.now.getTime() + (ended.delay_ms ?? 0)).toISOString()
      const data = { error, retry_at }
      return {
        event: { type: "task.retrying", data: { ...fact, ...data, log_chunks } },
        told: { type: "task.retrying", data },
      } as const
    }
    case "cancelled":
      return {
        event: { type: "task.cancelled", data: { ...fact, log_chunks } },
        told: { type: "task.cancelled", data: {} },
      } as const
    default:
      return handedBack(step, ended)
  }
}

/** The beginning of a run's task was told when it began. */
const begunOf = ({ run_id, worker_id, queued_ms, started_at }: TaskRow) =>
  run_id === null ? jobBeginning({ worker_id, queued_at: new Date(queued_ms), started_at }) : {}

const usageOf = ({ settlement: { usage } }: Ended) => (usage === undefined ? {} : { usage })

const deadLettered = (step: Step, ended: Ended) => {
  const { task, settlement, token, error } = ended
  const { id: job_id, workspace_id, type, queue, attempt } = task
  const attempts = triesOf(task)
  const why = error ?? { code: "task.failed", message: "The job failed." }
  const data = {
    ...{ dead_letter_id: deadLetterId(job_id, token), job_id, workspace_id, type, queue, attempts, attempt },
    ...{ reason: why.code, error: why, log_chunks: settlement.log_chunks ?? 0, at: step.now.toISOString() },
    ...{ ...begunOf(task), ...usageOf(ended) },
  }
  return {
    event: { type: "job.dead_lettered", data },
    told: { type: "job.dead_lettered", data: {} },
  } as const
}

/** What was lost with its worker, or handed back, was no try. */
export const triesOf = ({ attempt, lost, returned }: TaskRow): number => attempt - lost - returned

/** One for each time that a job dies. */
export const deadLetterId = (job_id: string, token: string): string =>
  derivedId(job_id, `dead_letter.${token}`)

const handed_back = {
  lost: { code: "worker.lost", message: "its worker was lost" },
  released: { code: "worker.stopped", message: "its worker was stopped" },
} as const

/** The attempt is over, and the task is claimable again at once. How much it had logged isn't known. */
const handedBack = (step: Step, { task, settlement }: Ended) => {
  const error = handed_back[settlement.outcome === "lost" ? "lost" : "released"]
  const data = { error, retry_at: step.now.toISOString() }
  return {
    event: { type: "task.retrying", data: { ...taskFact(step, task), ...begunOf(task), ...data } },
    told: { type: "task.retrying", data },
  } as const
}
