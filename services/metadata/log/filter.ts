import { invalidField } from "#kernel/http/invalid.ts"
import { durationMs } from "#language/duration.ts"
import { isAtLeast, type Level } from "./level.ts"
import type { LogLine } from "./line.ts"
import { matcherOf } from "./pattern.ts"

/** A duration before now, or a time. */
export const momentOf = (path: string, text: string, now: Date): string => {
  const ago_ms = durationMs(text)
  const at_ms = ago_ms === undefined ? Date.parse(text) : now.getTime() - ago_ms
  const isTime = ago_ms !== undefined || /^\d{4}-\d{2}-\d{2}T/.test(text)
  if (isTime && !Number.isNaN(new Date(at_ms).getTime())) return new Date(at_ms).toISOString()
  const message = 'Give a duration such as "10m", or a time as RFC 3339.'
  throw invalidField(path, message)
}

export type Sought = {
  readonly grep?: string | undefined
  readonly since?: string | undefined
  readonly level?: Level | undefined
}

export type Filter = {
  readonly isWanted: (line: Pick<LogLine, "at" | "level" | "text">) => boolean
  /** As RFC 3339; empty where lines of any time are wanted. */
  readonly start: string
}

/** Which lines are wanted. */
export const lineFilter = ({ grep, since, level }: Sought, now: Date): Filter => {
  const matches = grep === undefined ? () => true : matcherOf(grep)
  const start = since === undefined ? "" : momentOf("since", since, now)
  const isUrgent = (line: Pick<LogLine, "level">) => level === undefined || isAtLeast(line.level, level)
  return { start, isWanted: (line) => line.at >= start && isUrgent(line) && matches(line.text) }
}
