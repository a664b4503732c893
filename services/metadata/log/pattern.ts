import { RE2JS, RE2JSException } from "re2js"
import { invalidField } from "#kernel/http/invalid.ts"

const special = /[\\^$.*+?()[\]{}|]/

/** Steps of the compiled pattern: with the length of what is matched it bounds what a line can cost. */
const max_steps = 300
/** Of a longer line only the beginning is matched with a pattern. Plain text is looked for in all of it. */
const max_matched_chars = 8_192

const refuse = (message: string): never => {
  throw invalidField("grep", message)
}

const compiled = (pattern: string): RE2JS => {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return refuse(
      `${error.message}. It is a regular expression in the syntax of RE2, without look-around and references; a backslash before any of \\^$.*+?()[]{}| makes it plain text.`,
    )
  }
}

/** What is looked for as it is. */
export const plainText = (pattern: string): string | undefined =>
  special.test(pattern) ? undefined : pattern

/**
 * Matches in time that grows with the length of a line alone, whatever the pattern: the engine has no way back. Text
 * in which nothing is special is looked for as it is.
 */
export const matcherOf = (pattern: string): ((text: string) => boolean) => {
  const plain = plainText(pattern)
  if (plain !== undefined) return (text) => text.includes(plain)
  const expression = compiled(pattern)
  if (expression.programSize() > max_steps)
    return refuse("This pattern is too large: let it repeat less, or search for a part of it.")
  return (text) => expression.test(text.slice(0, max_matched_chars))
}
