import { durationText } from "#language/duration.ts"

const second_ms = 1_000

/** As people say it: whole seconds, unless there is less than one. */
export const took = (from: string, to: string): string => {
  const spent_ms = Math.max(0, Date.parse(to) - Date.parse(from))
  return durationText(spent_ms < second_ms ? spent_ms : Math.round(spent_ms / second_ms) * second_ms)
}
