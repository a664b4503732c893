import { setTimeout as wait } from "node:timers/promises"
import type { Api } from "../api.ts"
import type { Bench } from "../workload.ts"
import { toldIn } from "./behind.ts"

const look_ms = 500
/** Longer than the history rests and gathers. */
const quiet_ms = 2_500
const max_wait_ms = 180_000
const some_wait = /^outbox_waiting\{[^}]*\} [1-9]/m

/** Waits until all that was told so far has been written down, which would be measured with what comes next. */
export const allWritten = async ({ target, api }: Pick<Bench, "target" | "api">): Promise<void> => {
  const from_ms = performance.now()
  for (;;) {
    const answer = await fetch(`${target.url}/metrics`)
    // A gateway shows nobody's metrics.
    if (!answer.ok) return historySettled(api)
    if (!some_wait.test(await answer.text())) return
    if (performance.now() - from_ms > max_wait_ms)
      throw new Error("What came before is not written down in time")
    await wait(look_ms)
  }
}

const historySettled = async (api: Api): Promise<void> => {
  for (let last = -1; ; await wait(quiet_ms)) {
    const told = await toldIn(api)
    if (told === last) return
    last = told
  }
}
