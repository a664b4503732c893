import { type ASTNode, Environment } from "@marcbachmann/cel-js"
import { limits } from "./limits.ts"
import { charge, chargeDeep, chargeJoin, type Meter, newMeter, refill, sizeOf } from "./meter.ts"
import { childrenOf } from "./nodes.ts"
import { type Reference, referencesOf } from "./references.ts"

/** An expression that could not be read or evaluated; `offset` is the place in it. */
export class ExpressionError extends Error {
  readonly offset: number

  constructor(message: string, offset = 0) {
    super(message)
    this.name = "ExpressionError"
    this.offset = offset
  }
}

type Expression = {
  readonly references: readonly Reference[]
  evaluate(scope: Readonly<Record<string, unknown>>): unknown
  /** Undefined when the types fit as far as they are known. */
  check(): ExpressionError | undefined
}

export const roots = ["inputs", "env", "tasks", "run", "secrets", "trigger"] as const

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

const language = withNumbers(
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
)
for (const root of roots) language.registerVariable(root, "map<string, dyn>")

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
    evaluate: (scope) => {
      refill(meter)
      return attempt(() => parsed(scope))
    },
    check: () => {
      const checked = attempt(() => language.check(text))
      return checked.valid ? undefined : worded(checked.error)
    },
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

const guardAll = (root: ASTNode, meter: Meter): void => {
  const extras = new Map<ASTNode, (value: unknown) => void>()
  const open: ASTNode[] = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.op === "==" || node.op === "!=" || node.op === "in") {
      for (const operand of node.args) extras.set(operand, (value) => chargeDeep(meter, value))
    }
    if (node.op === "rcall") guardCall(node.args, extras, meter)
    guard(node, meter, extras.get(node))
    open.push(...childrenOf(node))
  }
}

type MethodCall = [name: string, receiver: ASTNode, args: ASTNode[]]

const guardCall = (
  [name, receiver, args]: MethodCall,
  extras: Map<ASTNode, (value: unknown) => void>,
  meter: Meter,
) => {
  const refusal = refused[name]
  if (refusal !== undefined) throw new ExpressionError(refusal, receiver.range.end)
  if (name !== "join") return
  // The library evaluates arguments from the last to the first, so the separator is known by then.
  extras.set(receiver, (value) => chargeJoin(meter, value))
  const separator = args[0]
  if (separator) {
    extras.set(separator, (value) => {
      meter.separator_chars = sizeOf(value)
    })
  } else meter.separator_chars = 0
}

type Evaluate = (evaluator: unknown, node: unknown, scope: unknown) => unknown

/** The library replaces a node's `evaluate` at its first call; the accessor keeps ours in front of it. */
const guard = (node: ASTNode, meter: Meter, extra: ((value: unknown) => void) | undefined): void => {
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
