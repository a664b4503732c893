import { create } from "@bufbuild/protobuf"
import { type Attempt as AttemptMessage, AttemptSchema, type Result } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Attempt } from "./claim.ts"
import type { Settlement } from "./verdict.ts"

export const attemptMessage = (attempt: Attempt): AttemptMessage =>
  create(AttemptSchema, {
    task_run_id: attempt.id,
    token: BigInt(attempt.token),
    attempt: attempt.attempt,
    run_id: attempt.run_id,
    workspace_id: attempt.workspace_id,
    workflow: attempt.workflow,
    version: attempt.version,
    task: attempt.task,
    type: attempt.type,
    task_json: JSON.stringify(attempt.plan_task),
    context_json: JSON.stringify(attempt.context),
    timeout_ms: BigInt(attempt.plan_task.timeout_ms),
  })

const outcomes = { completed: "completed", failed: "failed", released: "released" } as const

const isOutcome = (text: string): text is keyof typeof outcomes => Object.hasOwn(outcomes, text)

const parsed = (text: string): Record<string, unknown> | undefined => (text === "" ? undefined : JSON.parse(text))

export const settlementOf = (result: Result): Settlement => {
  const outputs = parsed(result.outputs_json)
  const usage = parsed(result.usage_json)
  return {
    task_run_id: result.task_run_id,
    token: String(result.token),
    outcome: isOutcome(result.outcome) ? result.outcome : "failed",
    ...(outputs && { outputs }),
    ...(usage && { usage }),
    ...(result.error_code !== "" && { error: { code: result.error_code, message: result.error_message } }),
    non_retryable: result.non_retryable,
    retry_after_ms: Number(result.retry_after_ms),
    log_chunks: result.log_chunks,
  }
}
