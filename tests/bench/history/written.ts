import { setTimeout as wait } from "node:timers/promises"
import type { Target } from "../platform.ts"

const look_ms = 500
const max_wait_ms = 180_000
const some_wait = /^outbox_waiting\{[^}]*\} [1-9]/m

/** Waits until all that was told so far has been written down, which would be measured with what comes next. */
export const allWritten = async ({ url }: Target): Promise<void> => {
  const from_ms = performance.now()
  for (;;) {
    const answer = await fetch(`${url}/metrics`)
    // A gateway shows nobody's metrics.
    if (!answer.ok || !some_wait.test(await answer.text())) return
    if (performance.now() - from_ms > max_wait_ms)
      throw new Error("What came before is not written down in time")
    await wait(look_ms)
  }
}
