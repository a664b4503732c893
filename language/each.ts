import { canonicalJson } from "./canonical-json.ts"
import { ExpressionError } from "./expression-error.ts"
import { type ExpressionContext, interpolate } from "./expressions.ts"
import type { Matrix } from "./flow.ts"
import { limits } from "./limits.ts"
import type { Task } from "./schema.ts"

type Combination = Readonly<Record<string, unknown>>

/** What a task runs once for each of: known beforehand (`items`), or by its run (`from`, `matrix`). */
export type Each = {
  readonly kind: "for_each" | "matrix"
  readonly items?: readonly unknown[]
  /** A template that yields the list. */
  readonly from?: unknown
  readonly matrix?: Matrix
  readonly max_parallel?: number
  readonly fail_fast?: true
}

type Repeated = Pick<Task, "for_each" | "matrix" | "max_parallel" | "fail_fast">

/** Undefined for a task that runs once. Throws an ExpressionError if there are too many items. */
export const eachOf = ({ for_each, matrix, max_parallel, fail_fast }: Repeated): Each | undefined => {
  if (for_each === undefined && matrix === undefined) return undefined
  const pace = {
    ...(max_parallel !== undefined && { max_parallel }),
    ...(fail_fast && ({ fail_fast } as const)),
  }
  if (matrix === undefined) {
    const source = hasExpression(for_each) ? { from: for_each } : { items: listOf(for_each) }
    return { kind: "for_each", ...source, ...pace }
  }
  const source = hasExpression(matrix) ? { matrix } : { items: combinations(matrix) }
  return { kind: "matrix", ...source, ...pace }
}

/** The items of a run, in their order. Throws an ExpressionError that says what is wrong with them. */
export const itemsOf = (each: Each, context: ExpressionContext): readonly unknown[] => {
  if (each.items) return each.items
  if (each.matrix) return combinations(interpolate(each.matrix, context) as Matrix)
  return listOf(interpolate(each.from, context))
}

/** What an item reads besides what its task reads. */
export const itemContext = (
  each: Each,
  index: number,
  item: unknown,
): Pick<ExpressionContext, "item" | "matrix" | "index"> =>
  each.kind === "matrix" ? { item, matrix: item as Combination, index } : { item, index }

export const itemName = (task: string, index: number): string => `${task}[${index}]`

/** No task's own name ends so. */
export const isItemName = (name: string): boolean => name.endsWith("]")

const hasExpression = (value: unknown): boolean => JSON.stringify(value ?? null).includes("${{")

const listOf = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new ExpressionError("`for_each` needs a list")
  return bounded(value)
}

const bounded = <Item>(items: readonly Item[]): readonly Item[] => {
  if (items.length <= limits.max_items) return items
  throw new ExpressionError(`${items.length} items; there are at most ${limits.max_items}`)
}

/** All of the axes with each other, without what is excluded; then what is included. */
const combinations = (matrix: Matrix): readonly Combination[] => {
  const { include = [], exclude = [], ...axes } = matrix
  const names = Object.keys(axes)
  const all = names.length === 0 ? [] : product(axes)
  if (all.length * (include.length + exclude.length) > limits.max_matrix_comparisons) {
    throw new ExpressionError(
      `${all.length} combinations with ${include.length + exclude.length} of \`include\` and \`exclude\` are too many`,
    )
  }
  const base = all.filter((one) => !exclude.some((part) => has(one, part)))
  const items = base.map((one) => ({ ...one }))
  for (const extra of include) {
    const own = Object.fromEntries(Object.entries(extra).filter(([name]) => names.includes(name)))
    const fitting = items.slice(0, base.length).filter((one, index) => has(base[index] ?? one, own))
    if (fitting.length === 0) items.push({ ...extra })
    for (const one of fitting) Object.assign(one, extra)
  }
  return bounded(items)
}

const product = (axes: Readonly<Record<string, unknown>>): readonly Combination[] => {
  let found: Combination[] = [{}]
  // By name: a run's item must not be another one when a file's keys are put in another order.
  for (const name of Object.keys(axes).sort()) {
    const values = axes[name]
    if (!Array.isArray(values)) throw new ExpressionError(`\`matrix.${name}\` needs a list`)
    // Counted before they are made: ten axes of ten would be ten thousand million.
    if (found.length * values.length > limits.max_items) {
      throw new ExpressionError(`too many combinations; there are at most ${limits.max_items}`)
    }
    found = found.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  }
  return found
}

const has = (one: Combination, part: Combination): boolean =>
  Object.entries(part).every(([name, value]) => Object.hasOwn(one, name) && isSame(one[name], value))

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || (typeof one === "object" && canonicalJson(one) === canonicalJson(other))
