import type { Envelope } from "#kernel/events/envelope.ts"
import { jobId, runId, taskRunId } from "#language/run-id.ts"
import type { GivenMetadata } from "#services/metadata/given.ts"

const workspace_id = "01900000-0000-7000-8000-00000000000a"
const week_ms = 7 * 86_400_000
/** So many end in the last minute, as when somebody loads a platform; the others evenly over a week. */
const burst = { share: 0.2, ms: 60_000 }
const tasks_of_run = 5
const batch = 200

export const tallies = { workflows: 20, workers: 10, rare: 10 } as const

const words = ["refused", "reset", "aborted", "unreachable"]

type Made = { readonly index: number; readonly count: number; readonly now_ms: number }

const endOf = ({ index, count, now_ms }: Made): number => {
  const even = count * (1 - burst.share)
  return index < even
    ? now_ms - week_ms + (index / even) * (week_ms - burst.ms)
    : now_ms - burst.ms + ((index - even) / (count - even)) * burst.ms
}

/** Something rare is in every so many of them, wherever they lie. */
const isRare = ({ index, count }: Made): boolean => index % Math.floor(count / tallies.rare) === 7

const tookMs = (made: Made): number => (isRare(made) ? 7_200_000 : made.index % 3_000)

const usage = { exit_code: 0, signal: null, cpu_ms: 12, max_memory_bytes: 40_000_000 }

/** So many jobs that have just completed. */
export const jobsOf = (count: number): readonly Envelope[] =>
  Array.from({ length: count }, (_, index) => {
    const job_id = jobId(Bun.randomUUIDv7())
    const at = new Date().toISOString()
    const worker_id = `worker-${index % tallies.workers}`
    const data = {
      ...{
        job_id,
        workspace_id,
        type: "noop",
        queue: "default",
        attempt: 1,
        result: { ok: true },
        log_chunks: 0,
        at,
      },
      ...{ worker_id, queued_at: at, started_at: at },
    }
    return { id: job_id, type: "job.completed", source: "scheduler", key: job_id, at, data }
  })

/** The beginning and the end of one attempt, as the scheduler tells them. */
const attemptOf = (made: Made, run_id: string): Envelope[] => {
  const { index } = made
  const at_ms = endOf(made)
  const rare = isRare(made)
  const fact = {
    task_run_id: taskRunId(run_id, index % tasks_of_run),
    run_id,
    workspace_id,
    task: rare ? "rare" : `task-${index % tasks_of_run}`,
    attempt: 1,
    in_workflow: rare ? "rare" : `flow-${Math.floor(index / tasks_of_run) % tallies.workflows}`,
    type: rare ? "container" : "shell",
  }
  const at = new Date(at_ms).toISOString()
  const begun_at = new Date(at_ms - tookMs(made)).toISOString()
  const envelope = { id: run_id, source: "scheduler", key: run_id, at }
  const worker_id = rare ? "worker-rare" : `worker-${index % tallies.workers}`
  const started = { ...fact, at: begun_at, worker_id, queued_at: begun_at }
  const end = { ...fact, at, log_chunks: 1, usage }
  const word = rare ? "certificate" : (words[Math.floor(index / 20) % words.length] ?? "")
  const error = { code: "task.exit", message: `Connection to host-${index} was ${word} after 30 s` }
  const over: Envelope =
    rare || index % 20 === 0
      ? { ...envelope, type: "task.failed", data: { ...end, error } }
      : { ...envelope, type: "task.completed", data: { ...end, outputs: { rows: index } } }
  return [{ ...envelope, type: "task.started", data: started }, over]
}

/** Attempts that end now, without outputs, as those of the platform's own `noop` do. */
export const attemptsOf = (count: number): readonly Envelope[] => {
  let run_id = ""
  return Array.from({ length: count }, (_, index) => {
    if (index % tasks_of_run === 0) run_id = runId(Bun.randomUUIDv7())
    const at = new Date().toISOString()
    const fact = {
      ...{ task_run_id: taskRunId(run_id, index % tasks_of_run), run_id, workspace_id, attempt: 1, at },
      ...{ task: `task-${index % tasks_of_run}`, in_workflow: "flow", type: "noop" },
    }
    const envelope = { id: run_id, source: "scheduler", key: run_id, at }
    const started = { ...fact, worker_id: "worker-1", queued_at: at }
    const begun: Envelope = { ...envelope, type: "task.started", data: started }
    const over: Envelope = {
      ...envelope,
      type: "task.completed",
      data: { ...fact, outputs: {}, log_chunks: 0 },
    }
    return [begun, over]
  }).flat()
}

/** Tells metadata of so many attempts. */
export const fillHistory = async ({ handle }: GivenMetadata, count: number): Promise<void> => {
  const now_ms = Date.now()
  let run_id = ""
  for (let from = 0; from < count; from += batch) {
    const events: Envelope[] = []
    for (let index = from; index < Math.min(from + batch, count); index += 1) {
      if (index % tasks_of_run === 0) run_id = runId(Bun.randomUUIDv7())
      events.push(...attemptOf({ index, count, now_ms }, run_id))
    }
    await handle(events)
  }
}
