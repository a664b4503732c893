import { readExpression } from "./cel.ts"
import { ExpressionError } from "./expression-error.ts"
import type { Reference } from "./references.ts"
import { splitTemplate } from "./template.ts"

/** The tasks whose outputs or status the texts read; undefined when it can't be known beforehand. */
export const taskReads = (value: unknown): ReadonlySet<string> | undefined => {
  const names = new Set<string>()
  for (const text of textsOf(value)) {
    for (const name of readsOf(text)) {
      if (name === undefined) return undefined
      names.add(name)
    }
  }
  return names
}

const textsOf = (value: unknown): string[] => {
  if (typeof value === "string") return value.includes("${{") ? [value] : []
  if (typeof value !== "object" || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

const readsOf = (text: string): (string | undefined)[] =>
  referencesIn(text).flatMap(({ root, path }) => (root === "tasks" ? [path[0]] : []))

/** Which contexts the texts read. */
export const rootsRead = (value: unknown): ReadonlySet<string> =>
  new Set(textsOf(value).flatMap((text) => referencesIn(text).map(({ root }) => root)))

const referencesIn = (text: string): readonly Reference[] => {
  const split = splitTemplate(text)
  if (!split.ok) return []
  return split.parts.flatMap((part) => ("text" in part ? [] : expressionReads(part.expression)))
}

const expressionReads = (source: string): readonly Reference[] => {
  try {
    return readExpression(source).references
  } catch (error) {
    if (error instanceof ExpressionError) return []
    throw error
  }
}
