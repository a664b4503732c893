import { mkdir, rm } from "node:fs/promises"
import type { LateAbort } from "#kernel/service/late-abort.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { inSpan } from "#kernel/telemetry/tracing.ts"
import { givenAttempt } from "#language/given-attempt.ts"
import type { Inputs } from "#language/given-inputs.ts"
import { limits } from "#language/limits.ts"
import { slotOf } from "#language/slots.ts"
import type { Attempt, Result } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { FetchFiles } from "../artifact/fetch.ts"
import type { KeepArtifacts } from "../artifact/keep.ts"
import { hasReferences, type Restore } from "../artifact/restore.ts"
import type { Spill } from "../artifact/spill.ts"
import type { Unpack } from "../bundle/unpack.ts"
import type { Execution, Executor, Outcome } from "../executor/executor.ts"
import type { AttemptLog, Shipper } from "../log/shipper.ts"
import { guardNothing, type OpenGuard } from "../secret/guard.ts"
import { inputsOf } from "./inputs.ts"
import type { Timeouts } from "./timeouts.ts"

export type Runner = {
  readonly executors: Readonly<Record<string, Executor>>
  readonly shipper: Shipper
  readonly keepArtifacts: KeepArtifacts
  readonly restore: Restore
  readonly spill: Spill
  readonly openGuard: OpenGuard
  readonly unpack: Unpack
  readonly fetchFiles: FetchFiles
  readonly timeouts: Timeouts
  readonly log: Log
  /** Holds a folder for each attempt, removed with it. */
  readonly folder: string
  readonly now: () => Date
}

/** Runs one attempt from its folder to its result. Never throws: what breaks is the attempt's failure. */
export const runAttempt = async (runner: Runner, attempt: Attempt, stop: LateAbort): Promise<Result> => {
  const folder = `${runner.folder}/${attempt.taskRunId}-${attempt.attempt}`
  const source = {
    task_run_id: attempt.taskRunId,
    run_id: attempt.runId,
    workspace_id: attempt.workspaceId,
    task: attempt.task,
    attempt: attempt.attempt,
  }
  const lines = runner.shipper.open(source)
  const watched = runner.timeouts.begin(attempt, stop)
  const isInline = slotOf(attempt.type) === "inline"
  try {
    const name = `task ${attempt.task}`
    const traceparent = attempt.traceparent === "" ? undefined : attempt.traceparent
    const attributes = { "wf.run_id": attempt.runId, "wf.attempt": attempt.attempt }
    const ended = await inSpan({ name, attributes, traceparent }, () =>
      execute({ runner, attempt, lines, folder, stop, isInline }),
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
    runner.timeouts.end(watched)
    if (!isInline) await removeFolder(runner, folder)
  }
}

const removeFolder = ({ log }: Runner, folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
    log.warn({ event: "folder.kept", folder, error }),
  )

type Running = {
  readonly runner: Runner
  readonly attempt: Attempt
  readonly lines: AttemptLog
  readonly folder: string
  readonly stop: LateAbort
  readonly isInline: boolean
}

type EndedAttempt = {
  readonly outcome: Outcome
  readonly inputs?: Inputs | undefined
  /** The outcome's, where they were written already. */
  readonly outputs_json?: string
}

const execute = async (running: Running): Promise<EndedAttempt> => {
  const { runner, attempt, lines, folder, stop, isInline } = running
  const executor = runner.executors[attempt.type]
  if (!executor) {
    const types = Object.keys(runner.executors).sort().join(", ")
    const message = `This worker can't run tasks of type ${JSON.stringify(attempt.type).slice(0, 100)}; it runs ${types}.`
    return { outcome: { ok: false, error: { code: "executor.missing", message } } }
  }
  if (!isInline) await mkdir(folder, { recursive: true, mode: 0o700 })
  const given = givenAttempt(attempt)
  const task = given.task.name === attempt.task ? given.task : { ...given.task, name: attempt.task }
  const hasSecrets = task.secrets !== undefined && task.secrets.length > 0
  const guard = hasSecrets ? await runner.openGuard(attempt, lines.write) : guardNothing(lines.write)
  if ("refused" in guard) return { outcome: guard.refused }
  const context = hasReferences(given.context) ? await runner.restore(attempt, given.context) : given.context
  const execution: Execution = {
    workspace_id: attempt.workspaceId,
    run_id: attempt.runId,
    task_run_id: attempt.taskRunId,
    attempt: attempt.attempt,
    task,
    context: { ...context, secrets: guard.values, now: runner.now().toISOString() },
    folder,
    write: guard.write,
    get signal() {
      return stop.signal
    },
  }
  // A job's row has what it was given.
  const inputs = attempt.runId === "" ? undefined : inputsOf(execution)
  const refused = isInline ? undefined : await bring(runner, attempt, execution)
  if (refused) return { outcome: refused, inputs }
  const outcome = await guard.run(() => executor(execution))
  const not_kept = isInline ? undefined : await runner.keepArtifacts(execution, attempt)
  if (outcome.ok && not_kept) return { outcome: { ok: false, ...not_kept }, inputs }
  if (!outcome.ok) return { outcome, inputs }
  const outputs_json = JSON.stringify(outcome.outputs)
  if (Buffer.byteLength(outputs_json) <= limits.max_outputs_bytes) return { outcome, inputs, outputs_json }
  return { outcome: await spilled(runner, attempt, outcome), inputs }
}

/** What is fetched comes after the version's files, so it may take their places. */
const bring = async ({ unpack, fetchFiles }: Runner, attempt: Attempt, execution: Execution) =>
  (await unpack(attempt, execution)) ?? (await fetchFiles(attempt, execution))

/** Takes what the guard has let out: nobody masks an artifact. */
const spilled = async ({ spill }: Runner, attempt: Attempt, outcome: Completed): Promise<Outcome> => {
  const kept = await spill(attempt, outcome.outputs)
  if (kept.ok) return { ...outcome, outputs: kept.outputs }
  return { ...outcome, ok: false, error: kept.error, non_retryable: true }
}

type Completed = Extract<Outcome, { ok: true }>

const resultOf = (attempt: Attempt, ended: EndedAttempt, log_chunks: number): Result => {
  const { outcome, inputs } = ended
  const { usage } = outcome
  const used = inputs ? { ...usage, inputs } : usage
  const error = outcome.ok ? undefined : outcome.error
  const retry_after_ms = outcome.ok ? 0 : Math.round(outcome.retry_after_ms ?? 0)
  return {
    $typeName: "wf.scheduler.v1.Result",
    taskRunId: attempt.taskRunId,
    token: attempt.token,
    outcome: outcome.ok ? "completed" : "failed",
    outputsJson: outcome.ok ? (ended.outputs_json ?? JSON.stringify(outcome.outputs)) : "",
    errorCode: error?.code ?? "",
    errorMessage: error?.message ?? "",
    nonRetryable: !outcome.ok && (outcome.non_retryable ?? false),
    retryAfterMs: BigInt(retry_after_ms),
    logChunks: log_chunks,
    usageJson: used ? JSON.stringify(used) : "",
  }
}
