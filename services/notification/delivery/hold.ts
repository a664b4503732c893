import { instantMs, wallMs } from "#language/zone.ts"
import type { SubscriptionRow } from "../subscription/read.ts"

const minute_ms = 60_000
const hour_ms = 60 * minute_ms
const day_ms = 24 * hour_ms
const day_min = 1_440
/** When a daily digest goes out, by the clocks of its zone. */
const daily_at_ms = 9 * hour_ms

/** So many of a kind go out one by one within the window; the others wait for its end, and go out as one. */
export const storm = { free: 5, window_ms: 10 * minute_ms } as const

type Terms = Pick<SubscriptionRow, "digest" | "quiet_from" | "quiet_until" | "timezone">

export type Situation = {
  readonly now_ms: number
  /** How many of the same kind have gone out to the same within the window. */
  readonly recent: number
}

const digestMs = ({ digest, timezone }: Terms, now_ms: number): number => {
  if (digest === "none") return now_ms
  const wall_ms = wallMs(timezone, now_ms)
  if (digest === "hourly") return instantMs(timezone, (Math.floor(wall_ms / hour_ms) + 1) * hour_ms)
  const today_ms = Math.floor(wall_ms / day_ms) * day_ms + daily_at_ms
  return instantMs(timezone, today_ms > wall_ms ? today_ms : today_ms + day_ms)
}

/** The end of the quiet hours that this instant lies in, or itself. */
const afterQuietMs = ({ quiet_from: from, quiet_until: until, timezone }: Terms, at_ms: number): number => {
  if (from === null || until === null) return at_ms
  const wall_ms = wallMs(timezone, at_ms)
  const minute = Math.floor(wall_ms / minute_ms) % day_min
  const isQuiet = from < until ? minute >= from && minute < until : minute >= from || minute < until
  if (!isQuiet) return at_ms
  const midnight_ms = Math.floor(wall_ms / day_ms) * day_ms
  const end_ms = midnight_ms + until * minute_ms
  return instantMs(timezone, end_ms > wall_ms ? end_ms : end_ms + day_ms)
}

const stormMs = ({ recent, now_ms }: Situation): number =>
  recent < storm.free ? now_ms : (Math.floor(now_ms / storm.window_ms) + 1) * storm.window_ms

/** Until when something waits before it goes out; undefined if it goes at once. */
export const heldUntilMs = (terms: Terms, situation: Situation): number | undefined => {
  const { now_ms } = situation
  const wanted_ms = Math.max(digestMs(terms, now_ms), stormMs(situation))
  const at_ms = afterQuietMs(terms, wanted_ms)
  return at_ms > now_ms ? at_ms : undefined
}
