let last = { ms: Number.NaN, text: "" }

/** All that one step tells has the same time, most often: its text is made once. */
export const timeText = (ms: number): string => {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
  return last.text
}
