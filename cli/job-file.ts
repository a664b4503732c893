import { createReadStream, existsSync } from "node:fs"
import { createInterface } from "node:readline"
import type { CreateJob } from "#sdk/index.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

const linesOf = async function* (path: string, io: Io): AsyncGenerator<string> {
  if (path === "-") {
    yield* (await io.readStdin()).split("\n")
    return
  }
  if (!existsSync(path)) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** A file of jobs, one in each line as JSON, read as it is needed. */
export const readJobs = async function* (path: string, io: Io): AsyncGenerator<CreateJob> {
  let number = 0
  for await (const line of linesOf(path, io)) {
    number += 1
    if (line.trim() === "") continue
    const value = parsed(line)
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Failure(exit_codes.usage, `${path}:${number}: a job is a JSON object with a \`type\`.`)
    }
    yield value as CreateJob
  }
}
