import { noticeQuiet } from "./quiet.ts"
import { usedMs } from "./used.ts"

const look_ms = 2_500
/** To collect all takes the process up to a tenth of a second, so there has to be something to gain. */
const grown = 1.1

/**
 * Bun gives back what a load took when it collects, and a quiet process gives it no reason to. What is remembered of the load
 * lies between all that was made meanwhile, and would keep several times as much.
 */
export const tidyMemory = (forget: () => void): void => {
  let kept_bytes = 0
  const whenQuiet = () => {
    forget()
    if (process.memoryUsage.rss() < kept_bytes * grown) return
    Bun.gc(true)
    kept_bytes = process.memoryUsage.rss()
  }
  const look = noticeQuiet({ usedMs, whenQuiet })
  let last_ms = performance.now()
  const timer = setInterval(() => {
    const now_ms = performance.now()
    look(now_ms - last_ms)
    last_ms = now_ms
  }, look_ms)
  timer.unref()
}
