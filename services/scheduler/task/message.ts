import { giveAtHand } from "#language/given-attempt.ts"
import type { PlanTask } from "#language/plan.ts"
import type {
  Attempt as AttemptMessage,
  Reported as ReportedMessage,
  Result,
} from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Attempt } from "./attempt.ts"
import type { Settlement, Verdict } from "./verdict.ts"

// These are as `create` makes them: there are some for each task, and a literal takes a fraction of its time.

export const attemptMessage = (attempt: Attempt): AttemptMessage =>
  messageWith(attempt, { taskJson: textOf(attempt.plan_task), contextJson: JSON.stringify(attempt.context) })

/** For a worker in this process. */
export const attemptAtHand = (attempt: Attempt): AttemptMessage =>
  giveAtHand(messageWith(attempt, not_written), { task: attempt.plan_task, context: attempt.context })

type Written = Pick<AttemptMessage, "taskJson" | "contextJson">

const not_written: Written = { taskJson: "", contextJson: "" }

const messageWith = (attempt: Attempt, { taskJson, contextJson }: Written): AttemptMessage => ({
  $typeName: "wf.scheduler.v1.Attempt",
  taskRunId: attempt.id,
  token: BigInt(attempt.token),
  attempt: attempt.attempt,
  runId: attempt.run_id ?? "",
  workspaceId: attempt.workspace_id,
  workflow: attempt.workflow,
  version: attempt.version,
  task: attempt.task,
  type: attempt.type,
  taskJson,
  contextJson,
  timeoutMs: BigInt(attempt.timeout_ms),
  traceparent: attempt.traceparent ?? "",
})

export const reportedMessage = (
  { taskRunId, token }: Result,
  { verdict }: Pick<Verdict, "verdict"> = { verdict: "stale" },
): ReportedMessage => ({ $typeName: "wf.scheduler.v1.Reported", taskRunId, token, verdict })

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

type Values = Readonly<Record<string, unknown>>

export const settlementOf = (result: Result): Settlement => {
  const { outputsJson: outputs_json, usageJson: usage_json, errorCode: code, errorMessage: message } = result
  return {
    task_run_id: result.taskRunId,
    token: String(result.token),
    outcome: isOutcome(result.outcome) ? result.outcome : "failed",
    ...(outputs_json !== "" && { outputs: JSON.parse(outputs_json) as Values, outputs_json }),
    ...(usage_json !== "" && { usage: JSON.parse(usage_json) as Values, usage_json }),
    ...(code !== "" && { error: { code, message } }),
    non_retryable: result.nonRetryable,
    retry_after_ms: Number(result.retryAfterMs),
    log_chunks: result.logChunks,
  }
}
