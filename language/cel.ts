import { type ASTNode, Environment } from "@marcbachmann/cel-js"
import { type Call, callsOf } from "./calls.ts"
import { clock } from "./date-functions.ts"
import { ExpressionError } from "./expression-error.ts"
import { deepFunctions, makers, withFunctions } from "./functions.ts"
import { limits } from "./limits.ts"
import { charge, chargeDeep, chargeJoin, chargeMade, type Meter, newMeter, refill, sizeOf } from "./meter.ts"
import { childrenOf } from "./nodes.ts"
import { type Reference, referencesOf } from "./references.ts"

type Expression = {
  readonly references: readonly Reference[]
  readonly calls: readonly Call[]
  /** `now` is what `now()` answers; without it that fails. */
  evaluate(scope: Readonly<Record<string, unknown>>, now?: Date): unknown
}

export const roots = [
  "inputs",
  "env",
  "tasks",
  "run",
  "secrets",
  "trigger",
  "item",
  "matrix",
  "index",
] as const

export type Root = (typeof roots)[number]

const withNumbers = (environment: Environment): Environment => {
  const count = {
    "+": (left: number, right: number) => left + right,
    "-": (left: number, right: number) => left - right,
    "*": (left: number, right: number) => left * right,
    "/": (left: number, right: number) => left / right,
  }
  // A whole number and a fraction meet often: JSON doesn't tell 2 from 2.0.
  for (const [operator, apply] of Object.entries(count)) {
    const handler = (left: number | bigint, right: number | bigint) => apply(Number(left), Number(right))
    environment.registerOperator(`int ${operator} double: double`, handler)
    environment.registerOperator(`double ${operator} int: double`, handler)
  }
  return environment
}

const base = withFunctions(
  withNumbers(
    new Environment({
      homogeneousAggregateLiterals: false,
      limits: {
        maxAstNodes: 2_000,
        maxDepth: 64,
        maxListElements: 500,
        maxMapEntries: 500,
        maxCallArguments: 16,
      },
    }),
  ),
)
for (const root of ["env", "run", "secrets", "trigger", "matrix"]) {
  base.registerVariable(root, "map<string, dyn>")
}
base.registerVariable("item", "dyn")
base.registerVariable("index", "int")

/** Names and values are whatever a run has: for evaluation. */
const language = base
  .clone()
  .registerVariable("inputs", "map<string, dyn>")
  .registerVariable("tasks", "map<string, dyn>")

/** The functions there are, each with its signatures. */
export const signatures: ReadonlyMap<string, readonly string[]> = (() => {
  const found = new Map<string, string[]>()
  for (const { name, signature } of base.getDefinitions().functions) {
    if (signature.startsWith("OptionalNamespace") || signature.startsWith("optional<")) continue
    found.set(name, [...(found.get(name) ?? []), signature])
  }
  return found
})()

export type Checked =
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly error: ExpressionError }

/** Checks the types of expressions that can be read, as far as they are known. */
export type Check = (text: string) => Checked

/** For a definition whose inputs have these types of CEL. */
export const checkWith = (inputs: Readonly<Record<string, string>>): Check => {
  const typed = base.clone()
  typed.registerType("Task", { fields: { status: "string", outputs: "map<string, dyn>" } })
  typed.registerVariable("tasks", "map<string, Task>")
  typed.registerVariable({ name: "inputs", schema: { ...inputs } })
  const loose = base
    .clone()
    .registerVariable("inputs", "map<string, dyn>")
    .registerVariable("tasks", "map<string, dyn>")
  return (text) => {
    // As a whole, inputs and tasks are mappings; only by name are their types known.
    const whole = readExpression(text).references.some(
      ({ root, path }) => (root === "inputs" || root === "tasks") && path.length === 0,
    )
    const checked = attempt(() => (whole ? loose : typed).check(text))
    if (checked.valid) return { ok: true, type: String(checked.type ?? "dyn") }
    return { ok: false, error: worded(checked.error) }
  }
}

/** Regular expressions of the host can't be bounded in time. */
const refused: Readonly<Record<string, string>> = {
  matches: "`matches` is not available: use `contains`, `startsWith` or `endsWith`",
}

/** Reads one CEL expression. It reaches nothing but what its scope holds, and its work is bounded. */
export const readExpression = (text: string): Expression => {
  if (new TextEncoder().encode(text).length > limits.max_expression_bytes) {
    throw new ExpressionError(`an expression has at most ${limits.max_expression_bytes} bytes`)
  }
  if (text.trim() === "") throw new ExpressionError("the expression is empty")
  const parsed = attempt(() => language.parse(text))
  const meter = newMeter()
  guardAll(parsed.ast, meter)
  return {
    references: referencesOf(parsed.ast),
    calls: callsOf(parsed.ast),
    evaluate: (scope, now) => {
      refill(meter)
      return attempt(() => at(now, () => parsed(scope)))
    },
  }
}

const at = <Result>(now: Date | undefined, work: () => Result): Result => {
  clock.now = now
  try {
    return work()
  } finally {
    clock.now = undefined
  }
}

const attempt = <Result>(work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    throw error instanceof ExpressionError ? error : worded(error)
  }
}

/** The library's errors carry the source with a marker; only what went wrong and where is of use here. */
const worded = (error: unknown): ExpressionError => {
  if (!(error instanceof Error)) return new ExpressionError("the expression can't be evaluated")
  const summary: unknown = Reflect.get(error, "summary")
  const range: unknown = Reflect.get(error, "range")
  const start = typeof range === "object" && range !== null && "start" in range ? range.start : 0
  const message = typeof summary === "string" ? summary : error.message
  return new ExpressionError(message.slice(0, 300), typeof start === "number" ? start : 0)
}

type Extra = (value: unknown) => void

type Extras = Map<ASTNode, Extra>

const guardAll = (root: ASTNode, meter: Meter): void => {
  const extras: Extras = new Map()
  const open: ASTNode[] = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.op === "==" || node.op === "!=" || node.op === "in") chargeAll(node.args, extras, meter)
    if (node.op === "rcall") guardCall(node.args, extras, meter)
    if (node.op === "call" && deepFunctions.has(node.args[0])) chargeAll(node.args[1], extras, meter)
    const makes = node.op === "+" || ((node.op === "call" || node.op === "rcall") && makers.has(node.args[0]))
    if (makes) addExtra(extras, node, (value) => chargeMade(meter, value))
    guard(node, meter, extras.get(node))
    open.push(...childrenOf(node))
  }
}

const addExtra = (extras: Extras, node: ASTNode, extra: Extra): void => {
  const before = extras.get(node)
  extras.set(node, (value) => {
    before?.(value)
    extra(value)
  })
}

const chargeAll = (nodes: readonly ASTNode[], extras: Extras, meter: Meter): void => {
  for (const node of nodes) addExtra(extras, node, (value) => chargeDeep(meter, value))
}

type MethodCall = [name: string, receiver: ASTNode, args: ASTNode[]]

const guardCall = ([name, receiver, args]: MethodCall, extras: Extras, meter: Meter): void => {
  const refusal = refused[name]
  if (refusal !== undefined) throw new ExpressionError(refusal, receiver.range.end)
  if (deepFunctions.has(name)) chargeAll([receiver], extras, meter)
  if (name !== "join") return
  // The library evaluates arguments from the last to the first, so the separator is known by then.
  addExtra(extras, receiver, (value) => chargeJoin(meter, value))
  const separator = args[0]
  if (separator) {
    addExtra(extras, separator, (value) => {
      meter.separator_chars = sizeOf(value)
    })
  } else meter.separator_chars = 0
}

type Evaluate = (evaluator: unknown, node: unknown, scope: unknown) => unknown

/** The library replaces a node's `evaluate` at its first call; the accessor keeps ours in front of it. */
const guard = (node: ASTNode, meter: Meter, extra: Extra | undefined): void => {
  let inner: Evaluate = Reflect.get(node, "evaluate")
  const guarded: Evaluate = (evaluator, self, scope) => {
    charge(meter, undefined)
    const value = inner.call(node, evaluator, self, scope)
    charge(meter, value)
    extra?.(value)
    return value
  }
  Object.defineProperty(node, "evaluate", {
    get: () => guarded,
    set: (next: Evaluate) => {
      inner = next
    },
  })
}
