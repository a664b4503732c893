import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { LockedRun } from "../run/lock.ts"
import { type Gathered, type Told, taskFact, tell } from "./gathered.ts"
import type { Settled } from "./settle.ts"

/** What became of an attempt, to the run's readers and to other services. */
export const tellSettled = (gathered: Gathered, settled: Settled, run: LockedRun): void => {
  const { settlement, held, verdict } = settled
  const { status } = verdict
  const { emissions, now } = gathered
  const about = { id: derivedId(held.id, `${status}.${held.token}`), key: held.run_id }
  const fact = taskFact(gathered, held, held.attempt)
  const log_chunks = settlement.log_chunks ?? 0
  const error = verdict.error ?? { code: "task.failed", message: "The task failed." }
  const told = (type: Told["type"], data: Told["data"] = {}) =>
    tell(gathered, { run, type, task: held.task, status, data: { attempt: held.attempt, ...data } })
  switch (status) {
    case "completed": {
      const outputs = settlement.outputs ?? {}
      emissions.push({ type: "task.completed", ...about, data: { ...fact, outputs, log_chunks } })
      told("task.completed")
      break
    }
    case "failed":
      emissions.push({ type: "task.failed", ...about, data: { ...fact, error, log_chunks } })
      told("task.failed", { error })
      break
    case "retrying": {
      const retry_at = new Date(now.getTime() + (verdict.delay_ms ?? 0)).toISOString()
      emissions.push({ type: "task.retrying", ...about, data: { ...fact, error, retry_at, log_chunks } })
      told("task.retrying", { error, retry_at })
      break
    }
    case "cancelled":
      emissions.push({ type: "task.cancelled", ...about, data: { ...fact, log_chunks } })
      told("task.cancelled")
      break
    default:
      tellHandedBack(gathered, settled, run)
  }
}

const handed_back = {
  lost: { code: "worker.lost", message: "its worker was lost" },
  released: { code: "worker.stopped", message: "its worker was stopped" },
} as const

/** The attempt is over, and the task is claimable again at once. How much it had logged isn't known. */
const tellHandedBack = (gathered: Gathered, { settlement, held, verdict }: Settled, run: LockedRun): void => {
  const error = handed_back[settlement.outcome === "lost" ? "lost" : "released"]
  const retry_at = gathered.now.toISOString()
  const fact = taskFact(gathered, held, held.attempt)
  const about = { id: derivedId(held.id, `handed_back.${held.token}`), key: held.run_id }
  gathered.ready.push({ task_run_id: held.id, queue: held.queue })
  gathered.emissions.push({ type: "task.retrying", ...about, data: { ...fact, error, retry_at } })
  const data = { attempt: held.attempt, error, retry_at }
  tell(gathered, { run, type: "task.retrying", task: held.task, status: verdict.status, data })
}
