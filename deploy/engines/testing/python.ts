import { existsSync } from "node:fs"
import { installPython, pythonDownload, pythonIn, pythonObstacle, pythonProgram } from "../python.ts"
import { testCache } from "./usable.ts"

export type Python = {
  /** The words that begin a program of it. */
  program(name: string): readonly string[]
  readonly python: string
}

/** Says loudly where there is none; in CI that is a failure. */
export const pythonForTests = async (): Promise<Python | undefined> => {
  if (process.env.WF_TEST_ENGINES === "none" && pythonDownload(testCache) !== undefined)
    return without("which the quick tests leave out")
  const obstacle = pythonObstacle()
  if (obstacle === undefined) await installPython(testCache).catch(() => undefined)
  const python = pythonIn(testCache)
  if (!existsSync(python)) return without(obstacle ?? "which could not be installed")
  return { python, program: (name) => [python, pythonProgram(testCache, name)] }
}

const without = (why: string): undefined => {
  const reason = `tests in Python: ${why}`
  if (process.env.CI === "true") throw new Error(reason)
  process.stderr.write(`SKIPPED: ${reason}\n`)
}
