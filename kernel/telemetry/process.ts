import { monitorEventLoopDelay } from "node:perf_hooks"
import type { Metrics } from "./metrics.ts"

const resolution_ms = 20
const per_second_ns = 1e9

/** What a process says about itself: how late its one thread is, and its memory. */
export const observeProcess = (metrics: Metrics): void => {
  const delay = monitorEventLoopDelay({ resolution: resolution_ms })
  delay.enable()
  const late = metrics.gauge(
    "event_loop_delay_seconds",
    "How late the event loop was since the last look, by quantile.",
  )
  const memory = metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.")
  metrics.collect(() => {
    for (const [quantile, percent] of [
      ["0.5", 50],
      ["0.99", 99],
    ] as const) {
      late.set({ quantile }, delay.percentile(percent) / per_second_ns)
    }
    delay.reset()
    memory.set({}, process.memoryUsage.rss())
  })
}
