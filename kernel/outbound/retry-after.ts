const max_ms = 86_400_000

/** How long the one who was asked wants to be left alone: in seconds, or until a date. */
export const retryAfterMs = (header: string | null, now: Date): number | undefined => {
  if (header === null) return undefined
  const text = header.trim()
  const wanted_ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isNaN(wanted_ms) || wanted_ms <= 0 ? undefined : Math.min(wanted_ms, max_ms)
}
