import type { FieldError } from "#kernel/problem/problem.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { ExpressionError, evaluate, interpolate } from "#language/expressions.ts"
import type { Trigger } from "#language/schedule.ts"
import { bareExpression } from "#language/template.ts"

/** What began it, as the trigger's expressions read it. */
type Happened = Readonly<Record<string, unknown>>

export type Mapped = { readonly inputs: Readonly<Record<string, unknown>> } | { readonly skipped: string }

/** The inputs of the run that a trigger begins, or why it begins none. Names every expression that fails. */
export const mapTrigger = (
  trigger: Pick<Trigger, "if" | "inputs">,
  happened: Happened,
  now: string,
): Mapped => {
  const context = { now, trigger: happened }
  const errors: FieldError[] = []
  const attempt = (path: string, work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      errors.push({ path, message: error.message })
      return undefined
    }
  }
  if (trigger.if !== undefined) {
    const condition = bareExpression(trigger.if) ?? trigger.if
    const holds = attempt("if", () => isTrue(evaluate(condition, context)))
    if (holds === false) return { skipped: "its `if` is not true" }
  }
  const inputs: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(trigger.inputs ?? {})) {
    inputs[name] = attempt(`inputs.${name}`, () => interpolate(value, context))
  }
  if (errors.length === 0) return { inputs }
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ")
  throw new Problem("hook.not_mapped", { errors, detail })
}

const isTrue = (value: unknown): boolean => {
  if (typeof value === "boolean") return value
  throw new ExpressionError("the condition is neither true nor false")
}
