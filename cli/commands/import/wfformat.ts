import { readFileSync, statSync } from "node:fs"
import { stringify } from "yaml"
import { type Given, text } from "../../command.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { importWfFormat } from "../../wfformat.ts"

const max_bytes = 64 * 1024 * 1024

/** A recorded workflow becomes a file on stdout; nothing is sent. */
export const run = (given: Given, io: Io): Promise<number> => {
  const [path = ""] = given.arguments
  const scale = readScale(text(given.options, "timeScale"))
  const imported = importWfFormat(readInstance(path), scale)
  const name = text(given.options, "name")
  io.out(stringify({ ...imported, ...(name !== undefined && { name }) }, { lineWidth: 0 }).trimEnd())
  return Promise.resolve(exit_codes.done)
}

const readScale = (given: string | undefined): number => {
  const scale = given === undefined || given.trim() === "" ? 1 : Number(given)
  if (Number.isFinite(scale) && scale >= 0) return scale
  throw new Failure(exit_codes.usage, `--time-scale takes a number, like 0.01, not \`${given}\`.`)
}

const readInstance = (path: string): unknown => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  if (!stats.isFile() || stats.size > max_bytes) {
    throw new Failure(exit_codes.usage, `${path} is not a file of at most ${max_bytes} bytes.`)
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch {
    throw new Failure(exit_codes.usage, `${path} is no JSON. WfFormat files are JSON.`)
  }
}
