/** For a person who looks at it grow: with tenths while they can be followed. */
export const lasted = (from_ms: number, to_ms: number): string => {
  const tenths = Math.max(0, Math.round((to_ms - from_ms) / 100))
  return tenths < 600 ? `${(tenths / 10).toFixed(1)}s` : wholly(Math.round(tenths / 10))
}

/** The same where it is one of many: in whole seconds. */
export const lastedWhole = (from_ms: number, to_ms: number): string =>
  wholly(Math.max(0, Math.floor((to_ms - from_ms) / 1000)))

const wholly = (seconds: number): string => {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`
  if (seconds >= 86_400) return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`
  return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}m`
}
