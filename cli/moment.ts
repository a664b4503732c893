import { readDuration } from "./duration.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

/** `30d` ago, or the time itself. */
export const momentOf = (option: string, given: string | undefined, io: Io): string | undefined => {
  if (given === undefined) return undefined
  if (!/^\d{4}-\d{2}-\d{2}/.test(given)) {
    const ago_ms = readDuration(option, given) ?? 0
    return new Date(io.now().getTime() - ago_ms).toISOString()
  }
  const moment = new Date(given)
  if (!Number.isNaN(moment.getTime())) return moment.toISOString()
  throw new Failure(
    exit_codes.usage,
    `${option} takes a duration like 30d or a time like 2026-01-31, not \`${given}\`.`,
  )
}
