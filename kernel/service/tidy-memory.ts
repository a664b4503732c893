import { noticeQuiet } from "./quiet.ts"
import { usedMs } from "./used.ts"

const look_ms = 2_500

/** Bun gives back what a load took when it collects, and a quiet process gives it no reason to. It doesn't stop the process. */
export const tidyMemory = (): void => {
  const look = noticeQuiet({ usedMs, whenQuiet: () => Bun.gc(false) })
  let last_ms = performance.now()
  const timer = setInterval(() => {
    const now_ms = performance.now()
    look(now_ms - last_ms)
    last_ms = now_ms
  }, look_ms)
  timer.unref()
}
