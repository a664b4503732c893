import type { LogLine } from "#sdk/index.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

type Level = LogLine["level"]

const levels: readonly string[] = ["debug", "info", "warn", "error"] satisfies readonly Level[]

const isLevel = (text: string): text is Level => levels.includes(text)

export const readLevel = (given: string | undefined): Level | undefined => {
  if (given === undefined || isLevel(given)) return given
  throw new Failure(exit_codes.usage, `--level takes ${levels.join(", ")}, not \`${given}\`.`)
}
