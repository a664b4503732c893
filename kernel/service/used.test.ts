import { expect, test } from "bun:test"
import { cpus } from "node:os"
import { machineUsedMs, usedMs } from "./used.ts"

/** Of a processor, by this process alone. */
const use = (ms: number) => {
  const from_ms = usedMs()
  while (usedMs() - from_ms < ms) JSON.stringify({ ms })
}

test("what a process uses is used of its machine, and no more than time passes", () => {
  const [from_ms, begun_ms] = [machineUsedMs(), performance.now()]
  use(300)
  const used_ms = machineUsedMs() - from_ms
  const passed_ms = performance.now() - begun_ms
  const slack_ms = 30
  expect(used_ms).toBeGreaterThanOrEqual(300 / cpus().length - slack_ms)
  expect(used_ms).toBeLessThanOrEqual(passed_ms + slack_ms)
})
