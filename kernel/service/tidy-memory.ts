import { noticeQuiet } from "./quiet.ts"
import { usedMs } from "./used.ts"

const look_ms = 2_500

/**
 * Bun gives back what a load took when it collects, and a quiet process gives it no reason to. It doesn't stop the process. What is
 * remembered of the load lies between all that was made meanwhile, and would keep several times as much.
 */
export const tidyMemory = (forget: () => void): void => {
  const whenQuiet = () => {
    forget()
    Bun.gc(false)
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
