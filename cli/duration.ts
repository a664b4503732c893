import { durationMs } from "#language/duration.ts"
import { type Options, text } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

export const readDuration = (option: string, given: string | undefined): number | undefined => {
  if (given === undefined) return undefined
  const duration_ms = durationMs(given)
  if (duration_ms !== undefined) return duration_ms
  throw new Failure(exit_codes.usage, `${option} takes a duration like 30s, 10m or 1h30m, not \`${given}\`.`)
}

/** `--expires 90d`: the time that is so far ahead. */
export const readExpiry = (options: Options, io: Io): { readonly expires_at?: string } => {
  const expires_ms = readDuration("--expires", text(options, "expires"))
  if (expires_ms === undefined) return {}
  return { expires_at: new Date(io.now().getTime() + expires_ms).toISOString() }
}

export const readInteger = (option: string, given: string | undefined): number | undefined => {
  if (given === undefined || /^-?\d{1,9}$/.test(given)) return given === undefined ? undefined : Number(given)
  throw new Failure(
    exit_codes.usage,
    `${option} takes a whole number, which may be below 0, not \`${given}\`.`,
  )
}

export const readNumber = (option: string, given: string | undefined): number | undefined => {
  if (given === undefined) return undefined
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new Failure(exit_codes.usage, `${option} takes a whole number, not \`${given}\`.`)
}
