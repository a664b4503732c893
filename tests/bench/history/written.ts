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
  const metrics = () => fetch(`${target.url}/metrics`)
  // A gateway shows nobody's metrics.
  const is_shown = (await metrics()).ok
  const isWritten = is_shown ? async () => !some_wait.test(await (await metrics()).text()) : settling(api)
  while (!(await isWritten())) {
    if (performance.now() - from_ms > max_wait_ms)
      throw new Error("What came before is not written down in time")
    await wait(is_shown ? look_ms : quiet_ms)
  }
}

/** Whether the history has what it had at the look before. */
const settling = (api: Api) => {
  let last = -1
  return async (): Promise<boolean> => {
    const before = last
    last = await toldIn(api)
    return last === before
  }
}
