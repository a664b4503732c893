const unit_ms: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const shape = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** "1h30m" → 5400000. Undefined when the text is no duration. */
export const durationMs = (text: string): number | undefined => {
  if (text.length > 50 || !shape.test(text)) return undefined
  let total_ms = 0
  for (const [, amount, unit] of text.matchAll(part)) total_ms += Number(amount) * (unit_ms[unit ?? ""] ?? 0)
  return Math.round(total_ms)
}

/** 5400000 → "1h30m": the one spelling that equal durations share. */
export const durationText = (duration_ms: number): string => {
  if (duration_ms === 0) return "0s"
  let text = ""
  let rest_ms = duration_ms
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size_ms = unit_ms[unit] ?? 1
    const count = Math.floor(rest_ms / size_ms)
    if (count > 0) text += `${count}${unit}`
    rest_ms -= count * size_ms
  }
  return text
}
