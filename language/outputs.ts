import { boundFaults, isClean } from "./bounds.ts"
import { describe } from "./fault.ts"
import { limits } from "./limits.ts"

export type ParsedOutputs =
  | { readonly ok: true; readonly values: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: string }

const key_shape = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/

/**
 * Reads what a task wrote to $WF_OUTPUT: lines `key=value`, blocks `key<<END` … `END`, and JSON
 * objects, in a line of their own or as the whole file. The last value of a key counts.
 */
export const parseOutputs = (text: string, max_bytes: number = limits.max_outputs_bytes): ParsedOutputs => {
  if (new TextEncoder().encode(text).length > max_bytes) {
    return { ok: false, error: `outputs have at most ${max_bytes} bytes` }
  }
  if (!isClean(text)) return { ok: false, error: "outputs contain a NUL or half of a surrogate pair" }
  const whole = text.trimStart().startsWith("{") ? parsedJson(text) : undefined
  const found = new Map<string, unknown>()
  const error = isObject(whole) ? merge(whole, found) : readLines(text.split(/\r?\n/), found)
  if (error !== undefined) return { ok: false, error }
  const values = Object.fromEntries(found)
  const [fault] = boundFaults(values)
  if (fault) {
    const { path, message } = describe(fault)
    return { ok: false, error: path === "" ? message : `output \`${path}\`: ${message}` }
  }
  return { ok: true, values }
}

/** Answers what is wrong, if anything. */
const readLines = (lines: readonly string[], found: Map<string, unknown>): string | undefined => {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ""
    if (line.trim() === "") continue
    if (line.trimStart().startsWith("{")) {
      const value = parsedJson(line)
      const error = isObject(value) ? merge(value, found) : "is no valid JSON object"
      if (error !== undefined) return `line ${at + 1}: ${error}`
      continue
    }
    const block = /^([^=<\s]+)<<(\S+)\s*$/.exec(line)
    const split = line.indexOf("=")
    const key = block?.[1] ?? (split < 0 ? line : line.slice(0, split)).trim()
    if (!block && split < 0) return `line ${at + 1}: is not written like key=value`
    if (!isKey(key)) return `line ${at + 1}: \`${key.slice(0, 100)}\` is no name for an output`
    const end = block ? lines.indexOf(block[2] ?? "", at + 1) : at
    if (end < 0) return `line ${at + 1}: the block of \`${key}\` is never closed by \`${block?.[2]}\``
    found.set(key, typed(block ? lines.slice(at + 1, end).join("\n") : line.slice(split + 1)))
    at = end
  }
  return undefined
}

const merge = (values: object, found: Map<string, unknown>): string | undefined => {
  for (const [key, value] of Object.entries(values)) {
    if (!isKey(key)) return `\`${key.slice(0, 100)}\` is no name for an output`
    found.set(key, value)
  }
  return undefined
}

const isKey = (key: string): boolean =>
  key_shape.test(key) && key !== "constructor" && key !== "prototype" && key !== "__proto__"

/** JSON is typed, but a number only when no digit of it gets lost: 1.10 and 00123 stay text. */
const typed = (text: string): unknown => {
  const value = parsedJson(text)
  if (value === undefined) return text
  return typeof value === "number" && String(value) !== text.trim() ? text : value
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)
