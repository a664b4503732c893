import { readFileSync, statSync } from "node:fs"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

const max_bytes = 1024 * 1024

export const looksLikeFile = (word: string): boolean => /[/\\]|\.(ya?ml|json)$/i.test(word) || isProgram(word)

/** A file that makes workflows when it is run. */
export const isProgram = (path: string): boolean => /\.[cm]?[jt]s$/i.test(path)

export const readWorkflow = (path: string): string => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  if (!stats.isFile())
    throw new Failure(exit_codes.usage, `${path} is not a file. Name the workflow's YAML file.`)
  if (stats.size > max_bytes) {
    throw new Failure(
      exit_codes.usage,
      `${path} has ${stats.size} bytes; a workflow file has at most ${max_bytes}.`,
    )
  }
  return readFileSync(path, "utf8")
}
