import { givenInputs, type Inputs } from "#language/given-inputs.ts"
import { isMapping } from "#language/mappings.ts"
import type { Engine } from "../engine.ts"
import type { Settlement } from "../task/verdict.ts"
import { keyOf } from "./own.ts"
import type { WorkAttempt } from "./shape.ts"

/** Nothing of a secret is in it: expressions of functions can't read any. A stand-alone job's row has what it was given. */
const inputsOf = ({ run_id, kind, name, input, env }: WorkAttempt): Inputs | undefined => {
  if (run_id === null) return undefined
  if (kind === "job") return isMapping(input) ? givenInputs(input) : undefined
  return givenInputs({ name, ...(input !== null && { input }), ...(Object.keys(env).length > 0 && { env }) })
}

/** So that the history of an attempt tells what it was given, whatever its worker says. */
export const rememberInputs = ({ given_inputs }: Engine, attempts: readonly WorkAttempt[]): void => {
  for (const attempt of attempts) {
    const inputs = inputsOf(attempt)
    if (inputs) given_inputs.keep(keyOf(attempt), inputs)
  }
}

export const withInputs = ({ given_inputs }: Engine, settlement: Settlement): Settlement => {
  const inputs = given_inputs.get(keyOf(settlement))
  return inputs ? { ...settlement, usage: { inputs } } : settlement
}

/** Once their results are settled. */
export const forgetInputs = ({ given_inputs }: Engine, settlements: readonly Settlement[]): void => {
  for (const settlement of settlements) given_inputs.forget(keyOf(settlement))
}
