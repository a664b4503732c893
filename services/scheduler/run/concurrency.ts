import { Problem } from "#kernel/problem/problem.ts"
import { type Concurrency, concurrencyKey } from "#language/concurrency.ts"
import { asText, ExpressionError, interpolate } from "#language/expressions.ts"
import type { RunStart } from "./start.ts"

/** The key that a run's inputs give, or why they give none. Undefined for a workflow without one. */
export const runConcurrency = (start: RunStart): Concurrency | Problem | undefined => {
  const { plan, inputs, run_id: id, workflow, version, trigger: type, happened: trigger = { type } } = start
  const { concurrency } = plan
  if (!concurrency) return undefined
  try {
    const text = asText(interpolate(concurrency.key, { inputs, run: { id, workflow, version }, trigger }))
    const { success, data, error } = concurrencyKey.safeParse(text)
    if (success) return { ...concurrency, key: data }
    return refusal(error.issues.map(({ message }) => message).join("; "))
  } catch (error) {
    if (error instanceof ExpressionError) return refusal(error.message)
    throw error
  }
}

const refusal = (message: string): Problem =>
  new Problem("concurrency.invalid", { detail: `The key that the inputs give can't be used: ${message}.` })
