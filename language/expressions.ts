import { readExpression } from "./cel.ts"
import { isRecord, toCel, toJson } from "./cel-values.ts"
import { ExpressionError } from "./expression-error.ts"
import { limits } from "./limits.ts"
import { weightOf } from "./meter.ts"
import type { Reference } from "./references.ts"
import { splitTemplate } from "./template.ts"

export { ExpressionError } from "./expression-error.ts"

/** All that an expression can see. */
export type ExpressionContext = {
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  readonly tasks?: Readonly<
    Record<string, { readonly status: string; readonly outputs: Readonly<Record<string, unknown>> }>
  >
  readonly run?: { readonly id: string; readonly workflow: string; readonly version: number }
  readonly secrets?: Readonly<Record<string, string>>
  /** What began the run. */
  readonly trigger?: Readonly<Record<string, unknown>>
  /** Of an item of `for_each` or `matrix`: its value, its combination, its place. */
  readonly item?: unknown
  readonly matrix?: Readonly<Record<string, unknown>>
  readonly index?: number
  /** What `now()` answers, as RFC 3339. Without it `now()` fails. */
  readonly now?: string
}

const tooLarge = `the result has more than ${limits.max_result_bytes} bytes`

/** One expression, without its `${{ }}`. The result is JSON. Throws an ExpressionError. */
export const evaluate = (text: string, context: ExpressionContext): unknown => {
  const expression = readExpression(text)
  const scope = scopeOf(expression.references, context)
  const now = context.now === undefined ? undefined : new Date(context.now)
  const value = expression.evaluate(scope, now)
  // What is in it many times is only walked once here; writing it out would not be.
  if (weightOf(value) > limits.max_result_bytes) throw new ExpressionError(tooLarge)
  const result = toJson(value)
  if (bytesOf(asText(result)) > limits.max_result_bytes) {
    throw new ExpressionError(tooLarge)
  }
  return result
}

/** Contexts can be large, so only what is named is converted. */
const scopeOf = (references: readonly Reference[], context: ExpressionContext): Record<string, unknown> => {
  const scope: Record<string, unknown> = {
    ...{ inputs: {}, env: {}, tasks: {}, run: {}, secrets: {}, trigger: {}, matrix: {} },
    ...{ item: null, index: null },
  }
  for (const { root, path } of references) {
    if (!Object.hasOwn(scope, root)) continue
    const source: unknown = Object.hasOwn(context, root) ? Reflect.get(context, root) : scope[root]
    const name = path[0]
    if (name === undefined || !isRecord(source)) {
      scope[root] = toCel(source)
      continue
    }
    const known = isRecord(scope[root]) ? scope[root] : {}
    const isThere = Object.hasOwn(source, name) && name !== "__proto__"
    scope[root] = isThere ? { ...known, [name]: toCel(source[name]) } : known
  }
  return scope
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
  // Most texts have no expression.
  if (!template.includes("${{")) return template
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
