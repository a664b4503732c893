import { durationText } from "#language/duration.ts"
import { lastFireMs, nextFireMs } from "#language/fires.ts"
import type { Timetable } from "#language/schedule.ts"
import type { FireKind, FireStatus } from "./moves.ts"

/** What is found no later than this was due just now: nothing has to be caught up. */
const on_time_ms = 60_000
/** So many times that came to nothing have a row each; the last of them stands for the rest. */
const max_lost = 100
/** The rest comes in the next round. */
const max_live = 200

export type NewFire = {
  readonly fire_at: number
  readonly kind: FireKind
  readonly status: Extract<FireStatus, "waiting" | "skipped" | "missed">
  readonly reason: string | null
  readonly until: number | null
  readonly look_at: number | null
}

export type Due = {
  readonly fires: readonly NewFire[]
  /** Null when this never comes again. */
  readonly next_at: number | null
}

export type DueFacts = {
  readonly id: string
  readonly timetable: Timetable
  readonly is_paused: boolean
  readonly next_at: number
  readonly now: number
}

/** All that has been due since `next_at`, and what becomes of it. */
export const dueFires = (facts: DueFacts): Due => {
  const { next_at, now, timetable } = facts
  const live_from = liveFrom(facts)
  const fires: NewFire[] = []
  let at: number | undefined = next_at
  while (at !== undefined && at < live_from && at <= now) {
    if (fires.length === max_lost) {
      const last = fires.pop()
      at = nextFireMs(timetable, Math.min(live_from - 1, now))
      if (last) fires.push({ ...last, until: Math.min(live_from - 1, now) })
      break
    }
    fires.push(lost(facts, at))
    at = nextFireMs(timetable, at)
  }
  for (let live = 0; at !== undefined && at <= now && live < max_live; live += 1) {
    fires.push(alive(facts, at))
    at = nextFireMs(timetable, at)
  }
  return { fires, next_at: at ?? null }
}

/** Nothing that was due before this is started any more. */
const liveFrom = ({ timetable, is_paused, next_at, now }: DueFacts): number => {
  if (is_paused) return now + 1
  const on_time = now - on_time_ms
  if (timetable.catch_up === "none") return on_time
  const in_window = now - Math.max(timetable.window_ms, on_time_ms)
  if (timetable.catch_up === "all") return in_window
  const last = lastFireMs(timetable, Math.max(next_at, in_window) - 1, now)
  return last === undefined ? on_time : Math.min(Math.max(last, in_window), on_time)
}

const lateText = (late_ms: number): string => {
  const rounded_ms = late_ms < 600_000 ? 1_000 : 60_000
  return durationText(Math.floor(late_ms / rounded_ms) * rounded_ms)
}

const lost = ({ is_paused, now, timetable }: DueFacts, fire_at: number): NewFire => {
  const common = { fire_at, kind: "schedule", until: null, look_at: null } as const
  if (is_paused) return { ...common, status: "skipped", reason: "the schedule was paused" }
  const late = lateText(now - fire_at)
  const { catch_up, window_ms } = timetable
  const why =
    now - fire_at > window_ms && catch_up !== "none"
      ? `its window is ${durationText(window_ms)}`
      : `\`catch_up: ${catch_up}\` leaves it out`
  return { ...common, status: "missed", reason: `nothing could be started until ${late} later; ${why}` }
}

const alive = ({ id, now, timetable }: DueFacts, fire_at: number): NewFire => ({
  fire_at,
  kind: now - fire_at > on_time_ms ? "catch_up" : "schedule",
  status: "waiting",
  reason: null,
  until: null,
  look_at: startAt(id, timetable, fire_at),
})

/** The same for the same schedule and time, whoever asks, and spread evenly over all of them. */
export const startAt = (schedule_id: string, { jitter_ms }: Timetable, fire_at: number): number => {
  if (jitter_ms === 0) return fire_at
  let hash = 2_166_136_261
  for (const character of `${schedule_id} ${fire_at}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619)
  }
  // The last step spreads what differs in its end only.
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  return fire_at + Math.floor((((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32) * jitter_ms)
}
