import { durationText } from "#language/duration.ts"
import { ExpressionError, interpolate } from "#language/expressions.ts"
import type { Attempt } from "../task/attempt.ts"
import type { Settlement } from "../task/verdict.ts"
import { withEnv } from "../wait/evaluate.ts"
import type { WorkAttempt } from "./shape.ts"

/** What a worker is given; or why the attempt has failed before anybody could begin it. */
export type Readied = { readonly given: WorkAttempt } | { readonly failed: Settlement }

export const readied = (attempt: Attempt, now: Date): Readied => {
  try {
    return { given: workOf(attempt, now) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `An expression of this task failed: ${error.message}`
    const { id: task_run_id, token } = attempt
    const failure = { code: "expression.failed", message }
    return { failed: { task_run_id, token, outcome: "failed", error: failure, non_retryable: true } }
  }
}

const workOf = (attempt: Attempt, now: Date): WorkAttempt => {
  const { id: task_run_id, token, run_id, task, type, traceparent, plan_task } = attempt
  const common = { task_run_id, token, attempt: attempt.attempt, run_id, task, traceparent }
  const timeout = durationText(attempt.timeout_ms)
  const declared = { ...common, timeout, secrets: [...(plan_task.secrets ?? [])] }
  // Payloads of jobs and steps are data, whatever they look like.
  if (attempt.version === 0 || type !== "function") {
    const about = { workflow: attempt.workflow || null, version: null, env: {}, heartbeat_timeout: null }
    return { ...declared, ...about, kind: "job", name: type, input: plan_task.with ?? null }
  }
  const { workflow, version } = attempt
  const context = { ...attempt.context, now: now.toISOString() }
  const read = withEnv(context, plan_task.env)
  const { name, input = null, heartbeat_timeout = null } = plan_task.with as With
  const filled = interpolate(input, read)
  const { env } = read
  return { ...declared, workflow, version, kind: "function", name, input: filled, env, heartbeat_timeout }
}

/** As the language has checked it. */
type With = {
  readonly name: string
  readonly input?: unknown
  readonly heartbeat_timeout?: string
}
