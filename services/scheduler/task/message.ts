import { create } from "@bufbuild/protobuf"
import type { PlanTask } from "#language/plan.ts"
import {
  type Attempt as AttemptMessage,
  AttemptSchema,
  type Result,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Attempt } from "./attempt.ts"
import type { Settlement } from "./verdict.ts"

export const attemptMessage = (attempt: Attempt): AttemptMessage =>
  create(AttemptSchema, {
    taskRunId: attempt.id,
    token: BigInt(attempt.token),
    attempt: attempt.attempt,
    runId: attempt.run_id ?? "",
    workspaceId: attempt.workspace_id,
    workflow: attempt.workflow,
    version: attempt.version,
    task: attempt.task,
    type: attempt.type,
    taskJson: textOf(attempt.plan_task),
    contextJson: JSON.stringify(attempt.context),
    timeoutMs: BigInt(attempt.timeout_ms),
    traceparent: attempt.traceparent ?? "",
  })

const texts = new WeakMap<PlanTask, string>()

/** A plan's tasks are written out once, however many runs there are of it. */
const textOf = (task: PlanTask): string => {
  const known = texts.get(task)
  if (known !== undefined) return known
  const text = JSON.stringify(task)
  texts.set(task, text)
  return text
}

const outcomes = { completed: "completed", failed: "failed", released: "released" } as const

const isOutcome = (text: string): text is keyof typeof outcomes => Object.hasOwn(outcomes, text)

const parsed = (text: string): Record<string, unknown> | undefined =>
  text === "" ? undefined : JSON.parse(text)

export const settlementOf = (result: Result): Settlement => {
  const outputs = parsed(result.outputsJson)
  const usage = parsed(result.usageJson)
  return {
    task_run_id: result.taskRunId,
    token: String(result.token),
    outcome: isOutcome(result.outcome) ? result.outcome : "failed",
    ...(outputs && { outputs }),
    ...(usage && { usage }),
    ...(result.errorCode !== "" && { error: { code: result.errorCode, message: result.errorMessage } }),
    non_retryable: result.nonRetryable,
    retry_after_ms: Number(result.retryAfterMs),
    log_chunks: result.logChunks,
  }
}
