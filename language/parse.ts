import { Lexer, LineCounter, Parser, parseDocument } from "yaml"
import { isClean, tooLarge } from "./bounds.ts"
import { findFaults, reported } from "./check.ts"
import { type DefinitionError, describe, type Fault } from "./fault.ts"
import { limits } from "./limits.ts"
import { locator } from "./locate.ts"
import type { Definition } from "./schema.ts"

export type PlacedError = DefinitionError & {
  readonly file?: string
  readonly line: number
  readonly column: number
}

export type Parsed =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly errors: readonly PlacedError[] }

/** Reads a workflow file (YAML 1.2, so JSON too) and names every problem with its place. */
export const parseWorkflow = (text: string, options: { readonly file?: string } = {}): Parsed => {
  const lines = new LineCounter()
  const failed = (placed: readonly Placed[]): Parsed => ({
    ok: false,
    errors: report(placed, lines, options.file),
  })
  const refusal = unreadable(text)
  if (refusal) return failed([{ fault: refusal, offset: 0 }])
  const document = parseDocument(text, { ...yamlOptions, lineCounter: lines })
  if (document.errors.length > 0) {
    return failed(
      document.errors.map((error) => ({
        fault: { path: [], message: wording(error) },
        offset: error.pos[0],
      })),
    )
  }
  const value = plain(() => document.toJS({ maxAliasCount: limits.max_aliases }))
  if (!value.ok) return failed([{ fault: value.fault, offset: 0 }])
  const found = findFaults(value.value)
  if (found.definition) return { ok: true, definition: found.definition }
  const locate = locator(document, text)
  return failed(found.faults.map((fault) => ({ fault, offset: locate(fault) })))
}

type Placed = { readonly fault: Fault; readonly offset: number }

/** In the order of the file. */
const report = (placed: readonly Placed[], lines: LineCounter, file: string | undefined): PlacedError[] => {
  const offsets = new Map(placed.map(({ fault, offset }) => [fault, offset]))
  const ordered = [...offsets.keys()].sort(
    (one, other) => (offsets.get(one) ?? 0) - (offsets.get(other) ?? 0),
  )
  return reported(ordered).map((fault) => {
    const { line, col } = lines.linePos(offsets.get(fault) ?? 0)
    const where = { ...describe(fault), line: Math.max(1, line), column: Math.max(1, col) }
    return file === undefined ? where : { ...where, file }
  })
}

const yamlOptions = {
  version: "1.2",
  schema: "core",
  strict: true,
  uniqueKeys: true,
  stringKeys: true,
  merge: false,
  prettyErrors: false,
  logLevel: "error",
} as const

/** What is refused before YAML is read, since reading it would cost too much or lose its meaning. */
const unreadable = (text: string): Fault | undefined => {
  // A character is at least one byte, so the length alone settles the extreme ones cheaply.
  if (text.length > limits.max_definition_bytes) return tooLarge
  if (new TextEncoder().encode(text).length > limits.max_definition_bytes) return tooLarge
  if (!isClean(text)) return { path: [], message: "the file contains a NUL or half of a surrogate pair" }
  if (text.trim() === "") return { path: [], message: "the file is empty" }
  return tooDeep(text) ? { path: [], message: `nested deeper than ${limits.max_depth}` } : undefined
}

/** Composing YAML recurses, so its depth is measured while only the tokens are read. */
const tooDeep = (text: string): boolean => {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    // The generator is run for what it does to the stack; it rarely yields.
    Array.from(parser.next(lexeme))
    if (parser.stack.length > limits.max_depth * 4) return true
  }
  return false
}

type Plain = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: Fault }

const plain = (read: () => unknown): Plain => {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const message = `its aliases stand for too much: there are at most ${limits.max_aliases}`
    return { ok: false, fault: { path: [], message } }
  }
}

const wording = (error: { readonly code: string; readonly message: string }): string => {
  if (error.code === "DUPLICATE_KEY") return "this key is there twice"
  if (error.code === "MULTIPLE_DOCS") return "a file holds one workflow, not several documents"
  return `this is no valid YAML: ${error.message}`
}
