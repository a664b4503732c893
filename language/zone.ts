const day_ms = 86_400_000
/** No zone changes its clocks twice within so short a time. */
const stride_ms = 3 * day_ms
const max_known = 600

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  })
  // Zones are written as callers like, so they are not remembered without end.
  if (formats.size >= max_known) formats.clear()
  formats.set(zone, format)
  return format
}

/** How much the clocks of a zone are ahead of UTC. */
export const offsetMs = (zone: string, at_ms: number): number => {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of formatOf(zone).formatToParts(at_ms)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  const wall_ms = Date.UTC(year, month - 1, day, hour, minute, second)
  return wall_ms - Math.floor(at_ms / 1_000) * 1_000
}

/** What the clocks of a zone show, written as if it were UTC. */
export const wallMs = (zone: string, at_ms: number): number => at_ms + offsetMs(zone, at_ms)

/** The first instant after `from_ms`, up to `to_ms`, at which the zone's clocks are changed. */
export const changeMs = (zone: string, from_ms: number, to_ms: number): number | undefined => {
  for (let start_ms = from_ms; start_ms < to_ms; start_ms += stride_ms) {
    const end_ms = Math.min(start_ms + stride_ms, to_ms)
    if (offsetMs(zone, start_ms) !== offsetMs(zone, end_ms)) return bisect(zone, start_ms, end_ms)
  }
  return undefined
}

/** Clocks are changed at whole seconds. */
const bisect = (zone: string, from_ms: number, to_ms: number): number => {
  const before = offsetMs(zone, from_ms)
  let low = Math.floor(from_ms / 1_000)
  let high = Math.ceil(to_ms / 1_000)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(zone, middle * 1_000) === before) low = middle
    else high = middle
  }
  return high * 1_000
}

/**
 * When the clocks of a zone show this. Of two such instants it is the first; a time that is left out in spring is the
 * instant at which the clocks go on.
 */
export const instantMs = (zone: string, wall_ms: number): number => {
  const offsets = [offsetMs(zone, wall_ms - day_ms), offsetMs(zone, wall_ms + day_ms)]
  const instants = offsets.map((offset) => wall_ms - offset)
  const shown = instants.filter((at_ms) => wallMs(zone, at_ms) === wall_ms)
  if (shown.length > 0) return Math.min(...shown)
  const early_ms = Math.min(...instants) - 1_000
  const late_ms = Math.max(...instants) + 1_000
  return changeMs(zone, early_ms, late_ms) ?? late_ms
}
