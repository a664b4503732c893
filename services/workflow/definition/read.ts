import { Problem } from "#kernel/problem/problem.ts"
import { checkDefinition } from "#language/check.ts"
import { parseWorkflow } from "#language/parse.ts"
import type { Definition } from "#language/schema.ts"
import type { Verdict, Written } from "./shape.ts"

export type Read =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly errors: Verdict["errors"] }

/** The definition, or all that is wrong with it; places are known only where there is a text. */
export const readDefinition = (written: Written): Read => {
  const read = "source" in written ? parsed(written) : checkDefinition(written.definition)
  if (read.ok) return read
  const errors = read.errors.map((error) => ({ line: null, column: null, suggestion: null, ...error }))
  return { ok: false, errors }
}

const parsed = ({ source, file }: Extract<Written, { source: string }>) =>
  parseWorkflow(source, file === undefined ? {} : { file })

/** The definition; throws the problem that names every error. */
export const soundDefinition = (written: Written): Definition => {
  const read = readDefinition(written)
  if (read.ok) return read.definition
  const errors = read.errors.map(({ path, message, line, column }) => ({
    path,
    message: line === null ? message : `${line}:${column}: ${message}`,
  }))
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""
  throw new Problem("workflow.invalid", { errors, detail: `${first?.message}${more}` })
}
