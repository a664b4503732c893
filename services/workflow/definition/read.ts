import { Problem } from "#kernel/problem/problem.ts"
import { checkDefinition } from "#language/check.ts"
import type { DefinitionError } from "#language/fault.ts"
import { parseWorkflow } from "#language/parse.ts"
import type { Definition } from "#language/schema.ts"
import type { Verdict, Written } from "./shape.ts"

export type Read =
  | { readonly ok: true; readonly definition: Definition; readonly notes: Verdict["notes"] }
  | { readonly ok: false; readonly errors: Verdict["errors"] }

/** The definition, or all that is wrong with it; places are known only where there is a text. */
export const readDefinition = (written: Written): Read => {
  const read = "source" in written ? parsed(written) : checkDefinition(written.definition)
  if (read.ok) return { ok: true, definition: read.definition, notes: findings(read.notes ?? []) }
  return { ok: false, errors: findings(read.errors) }
}

const findings = (found: readonly DefinitionError[]): Verdict["errors"] =>
  found.map((one) => ({ line: null, column: null, suggestion: null, ...one }))

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
