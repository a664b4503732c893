import { installPython, pythonDownload, pythonIn, pythonObstacle, pythonProgram } from "../python.ts"
import { skipping } from "./skipped.ts"
import { testCache } from "./usable.ts"

export type Python = {
  /** The words that begin a program of it. */
  program(name: string): readonly string[]
  readonly python: string
}

const skipped = skipping("tools for Python")

/** What is used of our API in Python. Says so loudly where it can't be had; in CI that is a failure. */
export const pythonForTests = async (): Promise<Python | undefined> => {
  const obstacle = pythonObstacle()
  if (obstacle !== undefined) return skipped(obstacle)
  if (process.env.WF_TEST_ENGINES === "none" && pythonDownload(testCache) !== undefined)
    return skipped("the quick tests leave them out")
  try {
    await installPython(testCache)
  } catch (error) {
    return skipped(error instanceof Error ? error.message : String(error))
  }
  const python = pythonIn(testCache)
  return { python, program: (name) => [python, pythonProgram(testCache, name)] }
}
