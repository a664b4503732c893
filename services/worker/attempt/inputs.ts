import { ExpressionError, interpolate } from "#language/expressions.ts"
import { givenInputs, type Inputs } from "#language/given-inputs.ts"
import type { Execution } from "../executor/executor.ts"
import { declaredEnvironment } from "../process/environment.ts"

const hidden = "***"

/**
 * What an attempt was given, for its history: its `with` and `env` with the values of their expressions, as far as they are
 * small. Secrets are not among them, also where an expression makes something of them.
 */
export const inputsOf = ({ task, context }: Pick<Execution, "task" | "context">): Inputs | undefined => {
  if ([task.with, task.env, context.env].every(isEmpty)) return undefined
  const secrets = Object.fromEntries(Object.keys(context.secrets ?? {}).map((name) => [name, hidden]))
  const shown = { task, context: { ...context, secrets } }
  try {
    const env = declaredEnvironment(shown)
    const given = interpolate(task.with ?? {}, { ...shown.context, env }) as Inputs
    return givenInputs(isEmpty(env) ? given : { ...given, env })
  } catch (error) {
    // The attempt fails by that, too, and says so.
    if (error instanceof ExpressionError) return undefined
    throw error
  }
}

const isEmpty = (given: Inputs = {}): boolean => Object.keys(given).length === 0
