import { limits } from "./limits.ts"

/** What one evaluation may still spend. The library bounds an expression's shape, not its work. */
export type Meter = { left: number; separator_chars: number }

class WorkExceeded extends Error {}

export const newMeter = (): Meter => ({ left: 0, separator_chars: 0 })

export const refill = (meter: Meter): void => {
  meter.left = limits.max_expression_steps
  meter.separator_chars = 0
}

const max_elements = 200_000

/** Counts a step and bounds its value, so that doubling strings or nesting loops ends soon. */
export const charge = (meter: Meter, value: unknown): void => {
  const size = sizeOf(value)
  const max = Array.isArray(value) ? max_elements : limits.max_result_bytes
  if (size > max) throw new WorkExceeded(`a value grew beyond ${max}`)
  spend(meter, 1 + size / 64)
}

/** Comparing looks at everything inside. */
export const chargeDeep = (meter: Meter, value: unknown): void => spend(meter, weightOf(value) / 64)

/** A list that was made takes memory for each of its values, as long as the evaluation lasts. */
export const chargeMade = (meter: Meter, value: unknown): void => {
  if (Array.isArray(value)) spend(meter, value.length)
}

export const chargeJoin = (meter: Meter, value: unknown): void => {
  if (!Array.isArray(value)) return
  let chars = value.length * meter.separator_chars
  for (const item of value) chars += sizeOf(item)
  if (chars > limits.max_result_bytes)
    throw new WorkExceeded(`a value grew beyond ${limits.max_result_bytes}`)
}

const spend = (meter: Meter, units: number): void => {
  meter.left -= units
  if (meter.left < 0) throw new WorkExceeded(`it takes more than ${limits.max_expression_steps} steps`)
}

export const sizeOf = (value: unknown): number =>
  typeof value === "string" || value instanceof Uint8Array || Array.isArray(value) ? value.length : 1

const weights = new WeakMap<object, number>()

/** How much is inside; what is there twice counts twice, without being walked twice. */
export const weightOf = (value: unknown): number => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return sizeOf(value)
  const known = weights.get(value)
  if (known !== undefined) return known
  let total = 1
  for (const [key, item] of Object.entries(value))
    total += weightOf(item) + (Array.isArray(value) ? 0 : key.length)
  weights.set(value, total)
  return total
}
