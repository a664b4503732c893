import { Problem } from "#kernel/problem/problem.ts"
import { durationMs } from "#language/duration.ts"
import type { LogLine } from "./line.ts"

const special = /[\^$*+?()[\]{}|]/
const escaped = /\\([\\^$*+?()[\]{}|.])/g

const refuse = (path: string, message: string): never => {
  throw new Problem("request.invalid", { detail: `${path}: ${message}`, errors: [{ path, message }] })
}

/** Plain text only; what means something in a pattern must be escaped, so that patterns can come later. */
const soughtText = (grep: string): string => {
  const plain = grep.replaceAll(escaped, "")
  if (special.test(plain) || plain.includes("\\")) {
    return refuse(
      "grep",
      "Patterns are not supported: give plain text, with a backslash before any of \\^$*+?()[]{}|",
    )
  }
  return grep.replaceAll(escaped, "$1")
}

const startOf = (since: string, now: Date): string => {
  const ago_ms = durationMs(since)
  const at_ms = ago_ms === undefined ? Date.parse(since) : now.getTime() - ago_ms
  const isTime = ago_ms !== undefined || /^\d{4}-\d{2}-\d{2}T/.test(since)
  if (!isTime || Number.isNaN(at_ms))
    return refuse("since", 'Give a duration such as "10m", or a time as RFC 3339.')
  return new Date(at_ms).toISOString()
}

export type Sought = { readonly grep?: string | undefined; readonly since?: string | undefined }

/** Which lines are wanted. */
export const lineFilter = ({ grep, since }: Sought, now: Date): ((line: LogLine) => boolean) => {
  const text = grep === undefined ? "" : soughtText(grep)
  const start = since === undefined ? "" : startOf(since, now)
  return (line) => line.at >= start && line.text.includes(text)
}
