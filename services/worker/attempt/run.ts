import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { create } from "@bufbuild/protobuf"
import type { Log } from "#kernel/telemetry/log.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import type { ExpressionContext } from "#language/expressions.ts"
import type { Inputs } from "#language/given-inputs.ts"
import type { PlanTask } from "#language/plan.ts"
import { slotOf } from "#language/slots.ts"
import { type Attempt, type Result, ResultSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { FetchFiles } from "../artifact/fetch.ts"
import type { KeepArtifacts } from "../artifact/keep.ts"
import type { Restore } from "../artifact/restore.ts"
import type { Spill } from "../artifact/spill.ts"
import type { Unpack } from "../bundle/unpack.ts"
import type { Execution, Executor, Outcome, TaskError } from "../executor/executor.ts"
import type { AttemptLog, Shipper } from "../log/shipper.ts"
import type { OpenGuard } from "../secret/guard.ts"
import { inputsOf } from "./inputs.ts"

export type Runner = {
  readonly executors: Readonly<Record<string, Executor>>
  readonly shipper: Shipper
  readonly keepArtifacts: KeepArtifacts
  readonly restore: Restore
  readonly spill: Spill
  readonly openGuard: OpenGuard
  readonly unpack: Unpack
  readonly fetchFiles: FetchFiles
  readonly log: Log
  /** Holds a folder for each attempt, removed with it. */
  readonly folder: string
  readonly now: () => Date
}

/** Runs one attempt from its folder to its result. Never throws: what breaks is the attempt's failure. */
export const runAttempt = async (
  runner: Runner,
  attempt: Attempt,
  stop: AbortController,
): Promise<Result> => {
  const folder = join(runner.folder, `${attempt.taskRunId}-${attempt.attempt}`)
  const source = {
    task_run_id: attempt.taskRunId,
    run_id: attempt.runId,
    workspace_id: attempt.workspaceId,
    task: attempt.task,
    attempt: attempt.attempt,
  }
  const lines = runner.shipper.open(source)
  const timer = setTimeout(
    () => stop.abort(timedOut(attempt)),
    Math.min(Number(attempt.timeoutMs), max_timer_ms),
  )
  try {
    const name = `task ${attempt.task}`
    const traceparent = attempt.traceparent === "" ? undefined : attempt.traceparent
    const attributes = { "wf.run_id": attempt.runId, "wf.attempt": attempt.attempt }
    const ended = await inSpan({ name, attributes, traceparent }, () =>
      execute({ runner, attempt, lines, folder, signal: stop.signal }),
    )
    return resultOf(attempt, ended, lines.end())
  } catch (error) {
    runner.log.error({ event: "task.broke", task_run_id: attempt.taskRunId, error })
    const message = `The worker could not run this task: ${error instanceof Error ? error.message : String(error)}`
    return resultOf(
      attempt,
      { outcome: { ok: false, error: { code: "worker.failed", message } } },
      lines.end(),
    )
  } finally {
    clearTimeout(timer)
    if (slotOf(attempt.type) !== "inline") await removeFolder(runner, folder)
  }
}

const removeFolder = ({ log }: Runner, folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
    log.warn({ event: "folder.kept", folder, error }),
  )

/** The longest that a timer takes. */
const max_timer_ms = 2_147_483_647

const timedOut = (attempt: Attempt): TaskError => ({
  code: "task.timeout",
  message: `The attempt took longer than its timeout of ${Number(attempt.timeoutMs) / 1000} s.`,
})

type Running = {
  readonly runner: Runner
  readonly attempt: Attempt
  readonly lines: AttemptLog
  readonly folder: string
  readonly signal: AbortSignal
}

type EndedAttempt = { readonly outcome: Outcome; readonly inputs?: Inputs | undefined }

const execute = async ({ runner, attempt, lines, folder, signal }: Running): Promise<EndedAttempt> => {
  const executor = runner.executors[attempt.type]
  if (!executor) {
    const types = Object.keys(runner.executors).sort().join(", ")
    const message = `This worker can't run tasks of type ${JSON.stringify(attempt.type).slice(0, 100)}; it runs ${types}.`
    return { outcome: { ok: false, error: { code: "executor.missing", message } } }
  }
  const isInline = slotOf(attempt.type) === "inline"
  if (!isInline) await mkdir(folder, { recursive: true, mode: 0o700 })
  const task = { ...(JSON.parse(attempt.taskJson) as PlanTask), name: attempt.task }
  const guard = await runner.openGuard(attempt, task.secrets ?? [], lines.write)
  if ("refused" in guard) return { outcome: guard.refused }
  const context = await runner.restore(attempt, JSON.parse(attempt.contextJson) as ExpressionContext)
  const execution: Execution = {
    workspace_id: attempt.workspaceId,
    run_id: attempt.runId,
    task_run_id: attempt.taskRunId,
    attempt: attempt.attempt,
    task,
    context: { ...context, secrets: guard.values, now: runner.now().toISOString() },
    folder,
    write: guard.write,
    signal,
  }
  // A job's row has what it was given.
  const inputs = attempt.runId === "" ? undefined : inputsOf(execution)
  const refused = isInline ? undefined : await bring(runner, attempt, execution)
  if (refused) return { outcome: refused, inputs }
  const outcome = await guard.run(() => executor(execution))
  const not_kept = isInline ? undefined : await runner.keepArtifacts(execution, attempt)
  if (outcome.ok && not_kept) return { outcome: { ok: false, ...not_kept }, inputs }
  return { outcome: await spilled(runner, attempt, outcome), inputs }
}

/** What is fetched comes after the version's files, so it may take their places. */
const bring = async ({ unpack, fetchFiles }: Runner, attempt: Attempt, execution: Execution) =>
  (await unpack(attempt, execution)) ?? (await fetchFiles(attempt, execution))

/** Takes what the guard has let out: nobody masks an artifact. */
const spilled = async ({ spill }: Runner, attempt: Attempt, outcome: Outcome): Promise<Outcome> => {
  if (!outcome.ok) return outcome
  const kept = await spill(attempt, outcome.outputs)
  if (kept.ok) return { ...outcome, outputs: kept.outputs }
  return { ...outcome, ok: false, error: kept.error, non_retryable: true }
}

const resultOf = (attempt: Attempt, { outcome, inputs }: EndedAttempt, log_chunks: number): Result => {
  const usage = inputs ? { ...outcome.usage, inputs } : outcome.usage
  const common = {
    taskRunId: attempt.taskRunId,
    token: attempt.token,
    logChunks: log_chunks,
    usageJson: usage ? JSON.stringify(usage) : "",
  }
  if (outcome.ok) {
    return create(ResultSchema, {
      ...common,
      outcome: "completed",
      outputsJson: JSON.stringify(outcome.outputs),
    })
  }
  const { code, message } = outcome.error
  return create(ResultSchema, {
    ...common,
    outcome: "failed",
    errorCode: code,
    errorMessage: message,
    nonRetryable: outcome.non_retryable ?? false,
    retryAfterMs: BigInt(Math.round(outcome.retry_after_ms ?? 0)),
  })
}
