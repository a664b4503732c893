import { Duration, UnsignedInt } from "@marcbachmann/cel-js/evaluator"
import { ExpressionError } from "./expression-error.ts"

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** CEL tells whole numbers from fractions; JSON doesn't. */
export const toCel = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (!isRecord(value)) return value === undefined ? null : value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__proto__")
      .map(([key, item]) => [key, toCel(item)]),
  )
}

export const toJson = (value: unknown): unknown => {
  if (value === null || value === undefined) return null
  if (typeof value === "bigint") return fromWhole(value)
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value
    throw new ExpressionError("the result is no finite number")
  }
  if (typeof value === "string" || typeof value === "boolean") return value
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof UnsignedInt) return fromWhole(value.value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Duration) return value.toString()
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isRecord(value) || (prototype !== null && prototype !== Object.prototype)) {
    throw new ExpressionError("the result must be text, a number, true or false, a list or a mapping")
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
}

/** Beyond 2^53 a JSON number would lose digits; text keeps them. */
const fromWhole = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
