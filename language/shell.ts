import { ExpressionError } from "./expression-error.ts"
import { asText, bytesOf, type ExpressionContext, evaluate, partsOf } from "./expressions.ts"
import { limits } from "./limits.ts"
import { mark, type Placement, placeReferences } from "./shell-quoting.ts"

export type ShellScript = {
  readonly script: string
  /** What the `WF_EXPR_n` of the script stand for. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * A script in which each `${{ }}` has become a reference to a variable, never text, so nothing in a
 * value is read as shell. Outside of quotes a value is one word; README.md has the table of places.
 */
export const shellScript = (run: string, context: ExpressionContext): ShellScript => {
  if (run.includes(mark)) throw new ExpressionError("a script can't contain a NUL")
  const parts = partsOf(run)
  const expressions = parts.flatMap((part) => ("text" in part ? [] : [part]))
  const source = parts.map((part) => ("text" in part ? part.text : mark)).join("")
  const env: Record<string, string> = {}
  let total_bytes = 0
  const script = placeReferences(source, (placement, index) => {
    const expression = expressions[index]
    if (!expression) throw new Error("There are more marks than expressions.")
    const value = asText(evaluate(expression.expression, context))
    total_bytes += bytesOf(value)
    refuse({ value, placement, total_bytes, offset: expression.offset })
    const name = `WF_EXPR_${index + 1}`
    env[name] = value
    return forms[placement](name)
  })
  return { script, env }
}

const forms = {
  bare: (name: string) => `"\${${name}}"`,
  single: (name: string) => `'"\${${name}}"'`,
  double: (name: string) => `\${${name}}`,
  arithmetic: (name: string) => `\${${name}}`,
} as const satisfies Record<Placement, (name: string) => string>

type Placed = {
  readonly value: string
  readonly placement: Placement
  readonly total_bytes: number
  readonly offset: number
}

const refuse = ({ value, placement, total_bytes, offset }: Placed): void => {
  if (value.includes("\0")) throw new ExpressionError("a value with a NUL can't reach a script", offset)
  // Some shells read the text of a variable as code inside $(( )): only digits are safe there.
  if (placement === "arithmetic" && !/^-?\d{1,18}$/.test(value)) {
    throw new ExpressionError("inside $(( )) only a whole number can stand", offset)
  }
  if (bytesOf(value) > limits.max_shell_value_bytes || total_bytes > limits.max_shell_values_bytes) {
    const message = `a value for a script has at most ${limits.max_shell_value_bytes} bytes, all together ${limits.max_shell_values_bytes}: pass it as a file`
    throw new ExpressionError(message, offset)
  }
}
