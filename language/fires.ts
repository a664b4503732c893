import { type CronExpression, CronExpressionParser } from "cron-parser"
import { changeMs, instantMs, offsetMs, wallMs } from "./zone.ts"

/** When something is due: a cron expression, read by the clocks of a zone. */
export type Cron = { readonly cron: string; readonly timezone: string }

/** Clocks are changed so often at most while a rare time, as the 29th of February, is looked for. */
const max_changes = 200
const hours = 24

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
}

/** The expression over walls: what clocks show, as if there were no zones. Undefined if it can't be read. */
const read = (text: string, from_ms: number): CronExpression | undefined => {
  const written = text.trim().toLowerCase()
  try {
    const options = { tz: "UTC", currentDate: new Date(from_ms) }
    return CronExpressionParser.parse(nicknames[written] ?? written.toUpperCase(), options)
  } catch {
    return undefined
  }
}

const nextWall = (expression: CronExpression, after_ms: number): number | undefined => {
  try {
    expression.reset(new Date(after_ms))
    return expression.next().getTime()
  } catch {
    return undefined
  }
}

/**
 * The first time after `after_ms` that is due. Where the clocks are changed: a time that is left out is due when they go
 * on, and one that comes twice is due the first time. A schedule of every hour is due in each hour that passes, so it
 * neither stands still for the hour that comes twice nor makes up for the one that doesn't come.
 */
export const nextFireMs = ({ cron, timezone }: Cron, after_ms: number): number | undefined => {
  const expression = read(cron, after_ms)
  if (!expression) return undefined
  const is_hourly = expression.fields.hour.values.length === hours
  return is_hourly
    ? nextInPassing(expression, timezone, after_ms)
    : nextByClock(expression, timezone, after_ms)
}

const nextByClock = (expression: CronExpression, zone: string, after_ms: number): number | undefined => {
  let wall_ms = nextWall(expression, wallMs(zone, after_ms))
  while (wall_ms !== undefined) {
    const at_ms = instantMs(zone, wall_ms)
    if (at_ms > after_ms) return at_ms
    // It was due when the clocks showed it for the first time.
    wall_ms = nextWall(expression, wall_ms)
  }
  return undefined
}

const nextInPassing = (expression: CronExpression, zone: string, after_ms: number): number | undefined => {
  let from_ms = after_ms
  let offset_ms = offsetMs(zone, after_ms)
  let wall_ms = nextWall(expression, from_ms + offset_ms)
  for (let changes = 0; wall_ms !== undefined && changes < max_changes; changes += 1) {
    const at_ms = wall_ms - offset_ms
    const change_ms = changeMs(zone, from_ms, at_ms)
    if (change_ms === undefined) return at_ms
    from_ms = change_ms
    offset_ms = offsetMs(zone, change_ms)
    wall_ms = nextWall(expression, change_ms + offset_ms - 1)
  }
  return undefined
}

/** The latest time in (after, until] that is due. */
export const lastFireMs = (cron: Cron, after_ms: number, until_ms: number): number | undefined => {
  for (let reach_ms = 60_000; ; reach_ms *= 30) {
    const from_ms = Math.max(after_ms, until_ms - reach_ms)
    let last_ms: number | undefined
    let next_ms = nextFireMs(cron, from_ms)
    while (next_ms !== undefined && next_ms <= until_ms) {
      last_ms = next_ms
      next_ms = nextFireMs(cron, next_ms)
    }
    if (last_ms !== undefined || from_ms === after_ms) return last_ms
  }
}
