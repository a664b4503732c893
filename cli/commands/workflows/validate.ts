import { parseWorkflow } from "#language/parse.ts"
import type { Given } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readWorkflow } from "../../workflow-file.ts"

/** `FILE:LINE:COL: message` for every problem there is, as compilers say it. */
export const noteProblems = (path: string, source: string, io: Io): boolean => {
  const parsed = parseWorkflow(source, { file: path })
  if (parsed.ok) {
    for (const { line, column, message } of parsed.notes ?? []) {
      io.note(`${path}:${line}:${column}: note: ${message}`)
    }
    return true
  }
  for (const { line, column, message } of parsed.errors) io.note(`${path}:${line}:${column}: ${message}`)
  return false
}

export const run = (given: Given, io: Io): Promise<number> => {
  let valid = true
  for (const path of given.arguments) {
    if (!noteProblems(path, readWorkflow(path), io)) valid = false
  }
  return Promise.resolve(valid ? exit_codes.done : exit_codes.usage)
}
