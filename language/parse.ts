import { Lexer, LineCounter, Parser, parseDocument } from "yaml"
import { isClean, tooLarge } from "./bounds.ts"
import { findFaults, reported } from "./check.ts"
import { notRunIn } from "./constructs.ts"
import { type DefinitionError, describe, type Fault } from "./fault.ts"
import { limits } from "./limits.ts"
import { locator } from "./locate.ts"
import type { Definition } from "./schema.ts"
import { trapFaults, wording } from "./traps.ts"

export type PlacedError = DefinitionError & {
  readonly file?: string
  readonly line: number
  readonly column: number
}

export type Parsed =
  | {
      readonly ok: true
      readonly definition: Definition
      /** What is right, and yet not what this version does. */
      readonly notes?: readonly PlacedError[]
    }
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
    const first = new Map(
      document.errors.toReversed().map((error) => [lines.linePos(error.pos[0]).line, error]),
    )
    return failed(
      // What follows on the same line is mostly the parser's trouble with the first.
      [...first.values()].map((error) => ({
        fault: { path: [], message: wording(error, text) },
        offset: error.pos[0],
      })),
    )
  }
  const value = plain(() => document.toJS({ maxAliasCount: limits.max_aliases }))
  if (!value.ok) return failed([{ fault: value.fault, offset: 0 }])
  const found = findFaults(value.value)
  const locate = locator(document, text)
  const located = (fault: Fault): Placed => ({ fault, offset: locate(fault) })
  const trapped = trapFaults(document)
  if (!found.definition || trapped.length > 0) return failed([...found.faults, ...trapped].map(located))
  const notes = notRunIn(found.definition).map(located)
  const { definition } = found
  if (notes.length === 0) return { ok: true, definition }
  return { ok: true, definition, notes: report(notes, lines, options.file) }
}

/** Faults that nothing but the machine at hand can tell, such as files that aren't there, in a text that is right. */
export const placeFaults = (
  text: string,
  faults: readonly Fault[],
  options: { readonly file?: string } = {},
): readonly PlacedError[] => {
  if (faults.length === 0) return []
  const lines = new LineCounter()
  const locate = locator(parseDocument(text, { ...yamlOptions, lineCounter: lines }), text)
  return report(
    faults.map((fault) => ({ fault, offset: locate(fault) })),
    lines,
    options.file,
  )
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
