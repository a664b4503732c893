import { Duration, UnsignedInt } from "@marcbachmann/cel-js/evaluator"
import { ExpressionError, readExpression } from "./cel.ts"
import { limits } from "./limits.ts"
import { splitTemplate } from "./template.ts"

export { ExpressionError } from "./cel.ts"

/** All that an expression can see. */
export type ExpressionContext = {
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  readonly tasks?: Readonly<
    Record<string, { readonly status: string; readonly outputs: Readonly<Record<string, unknown>> }>
  >
  readonly run?: { readonly id: string; readonly workflow: string; readonly version: number }
  readonly secrets?: Readonly<Record<string, string>>
  /** What started the run; for the inputs that a schedule or a hook gives. */
  readonly trigger?: Readonly<Record<string, unknown>>
}

/** One expression, without its `${{ }}`. The result is JSON. Throws an ExpressionError. */
export const evaluate = (text: string, context: ExpressionContext): unknown => {
  const expression = readExpression(text)
  const scope: Record<string, unknown> = { inputs: {}, env: {}, tasks: {}, run: {}, secrets: {}, trigger: {} }
  // Contexts can be large, so only what is named is converted.
  for (const { root, path } of expression.references) {
    const source: unknown = Object.hasOwn(context, root) ? Reflect.get(context, root) : {}
    const name = path[0]
    if (name === undefined) scope[root] = toCel(source)
    else if (
      isRecord(source) &&
      isRecord(scope[root]) &&
      Object.hasOwn(source, name) &&
      name !== "__proto__"
    ) {
      scope[root] = { ...scope[root], [name]: toCel(source[name]) }
    }
  }
  const result = toJson(expression.evaluate(scope))
  if (bytesOf(asText(result)) > limits.max_result_bytes) {
    throw new ExpressionError(`the result has more than ${limits.max_result_bytes} bytes`)
  }
  return result
}

/**
 * Puts values in the place of `${{ … }}`, in texts at any depth. A text that is one expression and
 * nothing else becomes its value with its type; any other becomes text.
 */
export const interpolate = (template: unknown, context: ExpressionContext): unknown => {
  if (typeof template === "string") return interpolateText(template, context)
  if (Array.isArray(template)) return template.map((item) => interpolate(item, context))
  if (!isRecord(template)) return template
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, interpolate(item, context)]))
}

const interpolateText = (template: string, context: ExpressionContext): unknown => {
  const parts = partsOf(template)
  const [only] = parts
  if (parts.length === 1 && only && "expression" in only) return evaluate(only.expression, context)
  let text = ""
  for (const part of parts) text += "text" in part ? part.text : asText(evaluate(part.expression, context))
  if (bytesOf(text) > limits.max_result_bytes + template.length) {
    throw new ExpressionError(`the result has more than ${limits.max_result_bytes} bytes`)
  }
  return text
}

export const partsOf = (template: string) => {
  const split = splitTemplate(template)
  if (!split.ok) throw new ExpressionError(split.message, split.offset)
  return split.parts
}

/** As it reads in a text: nothing for null, JSON for lists and mappings. */
export const asText = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return value
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** CEL tells whole numbers from fractions; JSON doesn't. */
const toCel = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (!isRecord(value)) return value === undefined ? null : value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__proto__")
      .map(([key, item]) => [key, toCel(item)]),
  )
}

const toJson = (value: unknown): unknown => {
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
