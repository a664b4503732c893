import { durationMs } from "#language/duration.ts"
import { ExpressionError, interpolate } from "#language/expressions.ts"
import { secretForms } from "#language/mask/forms.ts"
import { completed, failure, type Outcome, thrown } from "#sdk/worker/outcome.ts"
import type { Attempt } from "#services/scheduler/task/attempt.ts"
import type { Settlement } from "#services/scheduler/task/verdict.ts"
import { withEnv } from "#services/scheduler/wait/evaluate.ts"
import { type Bench, dateOf } from "./bench.ts"
import { fakeFor } from "./fakes.ts"
import type { FakeCall, TestRun } from "./options.ts"
import { plannedOf, type TestPlan } from "./plan.ts"

/** An attempt that a fake is busy with. */
export type Call = {
  readonly attempt: Attempt
  readonly stop: (outcome: Outcome) => void
  /** How many sleeps it waits for. */
  sleeping: number
  settlement: Settlement | undefined
}

export type Calling = { readonly bench: Bench; readonly run: TestRun; readonly test: TestPlan }

/** `moved` is called when it has ended, or waits for the clock. */
export const beginCall = (calling: Calling, attempt: Attempt, moved: () => void): Call => {
  const { clock } = calling.bench
  const abort = new AbortController()
  const settle = (outcome: Outcome) => {
    if (call.settlement) return
    call.settlement = settlementOf(attempt, outcome)
    forget()
    abort.abort()
    moved()
  }
  const call: Call = { attempt, stop: settle, sleeping: 0, settlement: undefined }
  const late = `The attempt took longer than its timeout of ${attempt.timeout_ms} ms.`
  const forget = clock.at(clock.now_ms() + attempt.timeout_ms, () => settle(failure("task.timeout", late)))
  const sleep = async (duration: number | string): Promise<void> => {
    const sleep_ms = typeof duration === "number" ? duration : durationMs(duration)
    if (sleep_ms === undefined || !(sleep_ms >= 0))
      throw new TypeError(`sleep: ${duration} is no duration like 10m`)
    call.sleeping += 1
    moved()
    await new Promise<void>((resolve) => clock.at(clock.now_ms() + sleep_ms, resolve))
    call.sleeping -= 1
  }
  const ready = readied(calling, attempt)
  if ("refused" in ready) {
    settle(ready.refused)
    return call
  }
  const { about, forms } = ready
  const fake = fakeFor(calling.run, about)
  Promise.resolve()
    .then(() => fake({ ...about, sleep, signal: abort.signal }))
    .then((value) => completed(value, forms))
    .catch((error: unknown) => thrown(error, forms))
    .then(settle)
  return call
}

type About = Omit<FakeCall, "sleep" | "signal">
type Readied = { readonly refused: Outcome } | { readonly about: About; readonly forms: readonly string[] }

/** What a worker would be given; or why the attempt has failed before it began. */
const readied = ({ bench, run, test }: Calling, attempt: Attempt): Readied => {
  const { plan_task, workflow, version, task } = attempt
  const type = plannedOf(test, { workflow, version, idx: plan_task.idx })?.uses ?? attempt.type
  const declared = plan_task.secrets ?? []
  const missing = declared.filter((name) => run.secrets?.[name] === undefined)
  if (missing.length > 0) {
    const names = missing.map((name) => `${name}: "…"`).join(", ")
    const message = `The task needs secrets that were not given: add \`secrets: { ${names} }\`.`
    return { refused: failure("secret.not_found", message, true) }
  }
  const secrets = Object.fromEntries(declared.map((name) => [name, run.secrets?.[name] ?? ""]))
  const context = { ...attempt.context, secrets, now: dateOf(bench.clock.now_ms()).toISOString() }
  try {
    const read = withEnv(context, plan_task.env)
    const given = interpolate(plan_task.with, read) as FakeCall["with"]
    const { inputs, item, index } = attempt.context
    const about = { task, type, workflow, run_id: attempt.run_id ?? "", attempt: attempt.attempt, inputs }
    return {
      about: { ...about, with: given, env: read.env, secrets, item, index },
      forms: secretForms(Object.values(secrets)),
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `An expression of this task failed: ${error.message}`
    return { refused: failure("expression.failed", message, true) }
  }
}

const settlementOf = (
  { id: task_run_id, token }: Attempt,
  { outcome, outputs, error, non_retryable, retry_after }: Outcome,
): Settlement => ({
  ...{ task_run_id, token, outcome },
  ...(outputs && { outputs }),
  ...(error && { error }),
  ...(non_retryable && { non_retryable }),
  ...(retry_after !== undefined && { retry_after_ms: durationMs(retry_after) ?? 0 }),
})
