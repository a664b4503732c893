import { bytesOf, ExpressionError, interpolate } from "#language/expressions.ts"
import { limits } from "#language/limits.ts"
import type { Plan } from "#language/plan.ts"
import { taskReads } from "#language/reads.ts"
import { taskRunId } from "#language/run-id.ts"
import type { RunRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { contextOf } from "../task/attempt.ts"
import { outputsOf } from "../task/outputs.ts"
import { withEnv } from "../wait/evaluate.ts"

/** What a run answers, or why that can't be told. */
type Answer =
  | { readonly ok: true; readonly values: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string }

/** How the reason of a run begins that failed by its own `outputs`. */
export const unanswered = "outputs.invalid"

const max_reason_chars = 500

/** The workflow's `outputs`, once all tasks have ended. */
export const answerOf = async (step: Step, run: RunRow, plan: Plan): Promise<Answer> => {
  const reads = placesRead(plan)
  const outputs = await outputsOf(step, new Set(reads.map((idx) => taskRunId(run.id, idx))))
  const context = { ...contextOf(run, { plan, plan_task: { reads }, outputs }), now: step.now.toISOString() }
  const values: Record<string, unknown> = {}
  const faults: string[] = []
  const attempt = (name: string, evaluate: () => void) => {
    try {
      evaluate()
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      faults.push(`\`${name}\`: ${error.message}`)
    }
  }
  attempt("env", () => Object.assign(context, withEnv(context, {})))
  for (const [name, template] of Object.entries(plan.outputs ?? {})) {
    attempt(name, () => Object.assign(values, { [name]: interpolate(template, context) }))
  }
  if (faults.length > 0) return refused(faults.join("; "))
  const size = bytesOf(JSON.stringify(values))
  if (size <= limits.max_outputs_bytes) return { ok: true, values }
  return refused(`they have ${size} bytes; a run answers at most ${limits.max_outputs_bytes}`)
}

const refused = (why: string): Answer => ({
  ok: false,
  reason: `${unanswered}: ${why}`.slice(0, max_reason_chars),
})

const read = new WeakMap<Plan, readonly number[]>()

/** All of them, where what they name is known only when they are evaluated. */
const placesRead = (plan: Plan): readonly number[] => {
  const known = read.get(plan)
  if (known) return known
  const names = taskReads([plan.outputs, plan.env])
  const places = plan.tasks.filter(({ name }) => names?.has(name) ?? true).map(({ idx }) => idx)
  read.set(plan, places)
  return places
}
