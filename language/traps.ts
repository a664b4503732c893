import { type Document, isAlias, isMap, isScalar, isSeq } from "yaml"
import type { Fault, Path } from "./fault.ts"

type YamlError = { readonly code: string; readonly message: string; readonly pos: readonly [number, number] }

/** What YAML's own words for a mistake mean for who made it. */
export const wording = ({ code, message, pos }: YamlError, text: string): string => {
  if (code === "DUPLICATE_KEY") return "this key is there twice"
  if (code === "MULTIPLE_DOCS") return "a file holds one workflow, not several documents"
  if (code === "TAB_AS_INDENT" || (code === "BAD_INDENT" && /\t/.test(lineAt(text, pos[0])))) {
    return "a tab can't indent in YAML: use spaces"
  }
  const line = lineAt(text, pos[0])
  if (/[{[,].*\$\{\{/.test(line)) {
    return "this is no valid YAML: within { } and [ ], a value with `${{` must be in quotes"
  }
  const hint = /:\s.*:\s/.test(line) ? "; put a value with `: ` in quotes, or write it behind `|`" : ""
  return `this is no valid YAML: ${message}${hint}`
}

const lineAt = (text: string, offset: number): string => {
  const start = text.lastIndexOf("\n", Math.max(0, offset - 1)) + 1
  const end = text.indexOf("\n", offset)
  return text.slice(start, end < 0 ? start + max_line_chars : Math.min(end, start + max_line_chars))
}

const max_line_chars = 500

/** What YAML reads as another value than is written, where the written one is meant. */
export const trapFaults = (document: Document): Fault[] => {
  const faults: Fault[] = []
  const open: { node: unknown; path: Path }[] = [{ node: document.contents, path: [] }]
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node, path } = visit
    if (isAlias(node)) continue
    if (isSeq(node))
      for (const [index, item] of node.items.entries()) open.push({ node: item, path: [...path, index] })
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        open.push({ node: value, path: [...path, isScalar(key) ? String(key.value) : String(key)] })
      }
    }
    if (!isScalar(node) || typeof node.value !== "number" || node.source === undefined) continue
    const message = numberTrap(node.value, node.source, path)
    if (message !== undefined) faults.push({ path, message })
  }
  return faults.reverse()
}

const numberTrap = (value: number, source: string, path: Path): string | undefined => {
  if (!Number.isFinite(value))
    return `\`${source}\` is no number that JSON has: put it in quotes if it is text`
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `\`${source.slice(0, 50)}\` has more digits than a number keeps: put it in quotes`
  }
  // A variable is text in the end, and `1.10` would be given to the task as `1.1`.
  const isVariable = path.at(-2) === "env" && String(value) !== source
  return isVariable
    ? `\`${source.slice(0, 50)}\` is read as the number ${value}: put it in quotes`
    : undefined
}
