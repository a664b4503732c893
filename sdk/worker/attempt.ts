import { durationMs } from "#language/duration.ts"
import { secretForms } from "#language/mask/forms.ts"
import { rest } from "../follow.ts"
import type { Attempt, WorkerApi, WorkResult } from "./api.ts"
import { isRefusal } from "./errors.ts"
import type { Shipper, WorkLog } from "./log.ts"
import { completed, failure, type Outcome, thrown } from "./outcome.ts"

/** What a function is told besides its input. */
export type WorkContext = {
  readonly task_run_id: string
  /** Null for a job. */
  readonly run_id: string | null
  readonly workflow: string | null
  readonly task: string
  /** Counts from 1. */
  readonly attempt: number
  readonly env: Readonly<Record<string, string>>
  /** Those that the task declares. They are masked in its log, outputs and errors. */
  readonly secrets: Readonly<Record<string, string>>
  readonly log: WorkLog
  /** Fires when its result is not wanted any more: cancelled, timed out, given to somebody else, or the worker stops. */
  readonly signal: AbortSignal
  /** Says that it goes on; for tasks with a `heartbeat_timeout`. */
  readonly heartbeat: () => void
}

/** What the platform calls by its name. It is given what the task's `input` says, or the job's payload. */
export type WorkFunction = (input: never, context: WorkContext) => unknown

/** Why an attempt was stopped; what ended by itself meanwhile counts all the same. */
export class Stopped extends Error {
  readonly why: "unwanted" | "timeout" | "silent"

  constructor(why: Stopped["why"], message: string) {
    super(message)
    this.name = "Stopped"
    this.why = why
  }
}

type Running = {
  readonly api: Pick<WorkerApi, "secrets">
  readonly shipper: Shipper
  readonly work: WorkFunction | undefined
  readonly worker_id: string
  readonly stop: AbortController
}

/** The longest that a timer takes. */
const max_timer_ms = 2_147_483_647
/** How long a function that was stopped may take to end. */
const grace_ms = 5_000

/** Never throws: what breaks is the attempt's failure. */
export const runAttempt = async (attempt: Attempt, running: Running): Promise<WorkResult> => {
  const { task_run_id, token } = attempt
  const { stop, shipper, worker_id } = running
  const { outcome, log_chunks } = await withTimers(attempt, stop, async (heartbeat) => {
    const given = await bringSecrets(running.api, attempt)
    if ("refused" in given) return { outcome: given.refused, log_chunks: 0 }
    const forms = secretForms(Object.values(given.values))
    const lines = shipper.open({ task_run_id, token, worker_id, forms })
    const outcome = await call(attempt, {
      ...running,
      forms,
      context: { secrets: given.values, log: lines.log, heartbeat },
    })
    return { outcome, log_chunks: lines.end() }
  })
  return { task_run_id, token, non_retryable: false, ...outcome, log_chunks }
}

const withTimers = async <Answer>(
  { timeout, heartbeat_timeout }: Attempt,
  stop: AbortController,
  work: (heartbeat: () => void) => Promise<Answer>,
): Promise<Answer> => {
  const after = (duration: string, reason: () => Stopped) => {
    const limit_ms = Math.min(durationMs(duration) ?? max_timer_ms, max_timer_ms)
    return setTimeout(() => stop.abort(reason()), limit_ms)
  }
  const limit = after(
    timeout,
    () => new Stopped("timeout", `The attempt took longer than its timeout of ${timeout}.`),
  )
  let silence: ReturnType<typeof setTimeout> | undefined
  const heartbeat = (): void => {
    if (heartbeat_timeout === null) return
    clearTimeout(silence)
    silence = after(
      heartbeat_timeout,
      () => new Stopped("silent", `The function said nothing of itself for ${heartbeat_timeout}.`),
    )
  }
  heartbeat()
  try {
    return await work(heartbeat)
  } finally {
    clearTimeout(limit)
    clearTimeout(silence)
  }
}

type Calling = Running & {
  readonly forms: readonly string[]
  readonly context: Pick<WorkContext, "secrets" | "log" | "heartbeat">
}

const call = async (attempt: Attempt, { work, stop, forms, context }: Calling): Promise<Outcome> => {
  if (!work) return failure("function.missing", `This worker has no ${attempt.kind} ${attempt.name}.`)
  const { task_run_id, run_id, workflow, task, env } = attempt
  const about = { task_run_id, run_id, workflow, task, env, attempt: attempt.attempt }
  const ended = Promise.resolve()
    .then(() => work(attempt.input as never, { ...about, ...context, signal: stop.signal }))
    .then(
      (value): Outcome => (isTooLate(stop.signal) ? stopped(stop.signal) : completed(value, forms)),
      (error: unknown): Outcome => (stop.signal.aborted ? stopped(stop.signal) : thrown(error, forms)),
    )
  const over = new AbortController()
  try {
    return await Promise.race([ended, leftAlone(stop.signal, over.signal)])
  } finally {
    over.abort()
  }
}

/** What is done counts, also when nobody wanted it any more; but not after its time was over. */
const isTooLate = ({ reason }: AbortSignal): boolean => reason instanceof Stopped && reason.why !== "unwanted"

/** A function that doesn't end when it is told to can't be made to: its task goes on without it. */
const leftAlone = async (signal: AbortSignal, over: AbortSignal): Promise<Outcome> => {
  await aborted(signal)
  await rest(grace_ms, over)
  return stopped(signal)
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })

const stopped = ({ reason }: AbortSignal): Outcome => {
  if (!(reason instanceof Stopped) || reason.why === "unwanted") return { outcome: "released" }
  return failure(reason.why === "timeout" ? "task.timeout" : "task.heartbeat_timeout", reason.message)
}

type Given = { readonly values: Readonly<Record<string, string>> } | { readonly refused: Outcome }

const max_tries = 5
const first_wait_ms = 200

const bringSecrets = async (api: Pick<WorkerApi, "secrets">, attempt: Attempt): Promise<Given> => {
  if (attempt.secrets.length === 0) return { values: {} }
  for (let tries = 1; ; tries += 1) {
    try {
      const { values, missing } = await api.secrets(attempt)
      if (missing.length === 0) return { values }
      const sets = missing.map((name) => `\`wf secrets set ${name}\``).join(", ")
      const message = `This task needs ${missing.join(", ")}: ${sets}, then run it again.`
      return { refused: failure("secret.not_found", message, true) }
    } catch (error) {
      const message = `The secrets of this task could not be brought: ${error instanceof Error ? error.message : error}`
      if (isRefusal(error)) return { refused: failure(error.code, message, error.status === 403) }
      if (tries === max_tries) return { refused: failure("secret.unreachable", message) }
      await rest(first_wait_ms * 2 ** tries, undefined)
    }
  }
}
