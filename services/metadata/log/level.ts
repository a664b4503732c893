import type { Stream } from "./chunk.ts"

/** From the least to the most urgent. */
export const levels = ["debug", "info", "warn", "error"] as const

export type Level = (typeof levels)[number]

const words: Readonly<Record<string, Level>> = {
  ...{ trace: "debug", debug: "debug", verbose: "debug", info: "info", notice: "info" },
  ...{ warn: "warn", warning: "warn", error: "error", err: "error", severe: "error", critical: "error" },
  ...{ crit: "error", fatal: "error", panic: "error", alert: "error", emerg: "error", emergency: "error" },
}

/** As pino and bunyan number them. */
const numbers: readonly (readonly [least: number, level: Level])[] = [
  [50, "error"],
  [40, "warn"],
  [30, "info"],
  [0, "debug"],
]

/** A level stands near a line's beginning. What is longer isn't looked at, so that no line is dear. */
const max_looked_at = 400
const max_before_word = 80

const named = /["']?\b(?:level|severity|lvl|loglevel)["']?\s{0,3}[:=]\s{0,3}["']?([A-Za-z]{1,12}|\d{1,3})/
const shouted = /(?:^|[\s[(<|])([A-Z]{3,9})(?=[\s\])>|:]|$)/g
const prefixed = /^[\s[(<]{0,3}([A-Za-z]{3,9})[\])>]?:/
const failing = /^(?:Traceback \(most recent call last\)|(?:Uncaught )?[A-Za-z.]{0,60}(?:Error|Exception)\b)/
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]{0,20}m`, "g")

const ofStream: Readonly<Record<Stream, Level>> = { stdout: "info", stderr: "error", system: "info" }

const levelNamed = (text: string): Level | undefined => {
  const found = named.exec(text)?.[1]
  if (found === undefined) return undefined
  const number = Number(found)
  if (Number.isNaN(number)) return words[found.toLowerCase()]
  return numbers.find(([least]) => number >= least)?.[1]
}

/** The first word in capitals that is a level, or one with a colon behind it at the very beginning. */
const levelWritten = (text: string): Level | undefined => {
  for (const [, word = ""] of text.slice(0, max_before_word).matchAll(shouted)) {
    const level = words[word.toLowerCase()]
    if (level !== undefined) return level
  }
  return words[prefixed.exec(text)?.[1]?.toLowerCase() ?? ""]
}

/**
 * What a line says of its urgency, as loggers write it; else that of its stream. What is on stderr and says nothing is taken for
 * an error: stack traces are such.
 */
export const levelOf = (stream: Stream, line: string): Level => {
  const text = line.slice(0, max_looked_at).replace(colours, "")
  return levelNamed(text) ?? levelWritten(text) ?? (failing.test(text) ? "error" : ofStream[stream])
}

export const isAtLeast = (level: Level, least: Level): boolean =>
  levels.indexOf(level) >= levels.indexOf(least)
